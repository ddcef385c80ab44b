import type { ProductId } from "../products/product-id.ts";
import type { Rrid } from "../rrid.ts";

/** An update repository and the product whose hosts get it: all three of its fields must be equal. */
export interface UpdateRepository {
  readonly product: ProductId;
  readonly url: string;
}

/** What a template says of its request (docs/formats/rrid-and-template.md, "The report"). */
export interface TestReport {
  readonly rrid: Rrid;
  /** Product version (or `standard`) to package name to required version-release. */
  readonly packages: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly testplatforms: readonly string[];
  /** As written: `SLES 16.0 (aarch64, x86_64)`. */
  readonly products: readonly string[];
  readonly repositories: readonly UpdateRepository[];
  /** The URLs of metadata's own list, as written. */
  readonly repositoryUrls: readonly string[];
  /** Hosts that the report's text names. */
  readonly hosts: readonly string[];
  /** Id to title. */
  readonly bugs: Readonly<Record<string, string>>;
  readonly jira: Readonly<Record<string, string>>;
  readonly category: string | null;
  readonly rating: string | null;
  readonly packager: string | null;
  readonly repository: string | null;
  readonly realId: string | null;
  readonly giteaPr: string | null;
  readonly giteaPrApi: string | null;
  readonly giteaCommitHash: string | null;
  readonly warnings: readonly string[];
}
