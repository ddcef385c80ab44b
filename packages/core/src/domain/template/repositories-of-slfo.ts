import { isRepositoryUrl, joinUrl } from "../grammar/repository-url.ts";
import type { ProductId } from "../products/product-id.ts";
import type { Rrid } from "../rrid.ts";
import type { Metadata } from "./metadata.ts";
import { invalid } from "./metadata-values.ts";
import { parseProductList } from "./product-list.ts";
import { normaliseSlfoProduct } from "./product-names/normalise.ts";
import type { UpdateRepository } from "./test-report.ts";

/**
 * Update repositories of SLFO and PI requests (docs/formats/rrid-and-template.md, "SLFO and PI"), one
 * for each product and architecture of the metadata.
 * @throws MtuiError template.invalid
 */
export function repositoriesOfSlfo(
  rrid: Rrid,
  metadata: Metadata,
): { repositories: UpdateRepository[]; warnings: string[] } {
  const found = new Map<string, UpdateRepository>();
  const warnings: string[] = [];
  for (const written of parseProductList(metadata.products)) {
    const url = repositoryOf(written, { rrid, metadata });
    if (url === null) {
      warnings.push(`metadata.json: no repository for ${written.name} ${written.version} ${written.arch}`);
      continue;
    }
    if (!isRepositoryUrl(url)) throw invalid("products", "make no plain repository URL");
    const product = normaliseSlfoProduct(written);
    found.set(JSON.stringify(product), { product, url });
  }
  return { repositories: [...found.values()], warnings };
}

function repositoryOf(
  product: ProductId,
  { rrid, metadata }: { rrid: Rrid; metadata: Metadata },
): string | null {
  const { repository, repositoryUrls } = metadata;
  const directory = `${product.name}-${product.version}-${product.arch}`;
  if (rrid.kind === "PI" || repositoryUrls.length > 0) return listed(directory, repositoryUrls);
  if (repository === null) return null;
  if (String(rrid.incident) === "1.1") return joinUrl(repository, `images/repo/${directory}/`);
  return joinUrl(repository, "standard");
}

/** A directory of exactly that name is meant; a URL that merely holds it comes second. */
function listed(directory: string, urls: readonly string[]): string | null {
  const exact = urls.find((url) => url.split("/").includes(directory));
  return exact ?? urls.find((url) => url.includes(directory)) ?? null;
}
