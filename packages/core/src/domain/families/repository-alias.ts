import type { ProductId } from "../products/product-id.ts";
import type { Rrid } from "../rrid.ts";

/** By this start a repository is known as one of some update, left behind or in use. */
export const ISSUE_PREFIX = "issue-";

/** `:p=31337:298765`: how every repository of a request ends (docs/formats/update-workflow.md, "Repositories"). */
export function repositorySuffix(rrid: Pick<Rrid, "incident" | "review">): string {
  return `:p=${rrid.incident}:${rrid.review}`;
}

/** `issue-sle-module-basesystem:15-SP6:p=31337:298765` */
export function repositoryAlias(product: ProductId, rrid: Pick<Rrid, "incident" | "review">): string {
  return `${ISSUE_PREFIX}${product.name}:${product.version}${repositorySuffix(rrid)}`;
}
