import { printable } from "../grammar/control-characters.ts";
import { isRepositoryUrl, joinUrl } from "../grammar/repository-url.ts";
import type { ProductId } from "../products/product-id.ts";
import { descendants, parseXml, type XmlElement } from "../xml/element.ts";
import { checkSize, templateInvalid } from "./invalid.ts";
import { isProductWord } from "./product-list.ts";
import { normaliseMaintenanceProduct } from "./product-names/normalise.ts";
import type { UpdateRepository } from "./test-report.ts";

/**
 * Update repositories of a Maintenance request (docs/formats/rrid-and-template.md, "project.xml"):
 * `base` is the metadata's `repository`. Of two for one product the later counts.
 * @throws MtuiError template.invalid
 */
export function repositoriesOfProject(
  xml: string,
  base: string,
): { repositories: UpdateRepository[]; warnings: string[] } {
  checkSize("project.xml", xml);
  const found = new Map<string, UpdateRepository>();
  const warnings: string[] = [];
  for (const element of descendants(parseProject(xml))) {
    const name = element.attributes.get("name") ?? "";
    if (element.name !== "repository" || !isUpdate(element) || name.includes("DEBUG")) continue;
    const product = releaseTarget(element);
    if (product === null) {
      warnings.push(`project.xml: repository ${printable(name)} names no product; left out`);
      continue;
    }
    const url = joinUrl(base, name);
    if (name === "" || !isRepositoryUrl(url)) {
      throw templateInvalid(
        { file: "project.xml", key: `repository "${printable(name)}"` },
        "makes no plain URL",
      );
    }
    found.set(JSON.stringify(product), { product, url });
  }
  return { repositories: [...found.values()], warnings };
}

function parseProject(xml: string): XmlElement {
  try {
    return parseXml(xml);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw templateInvalid({ file: "project.xml" }, `is not usable XML (${why})`, thrown);
  }
}

function isUpdate(repository: XmlElement): boolean {
  return repository.children.some(
    (child) => child.name === "path" && child.attributes.get("repository") === "update",
  );
}

/** Name, version and architecture are the last three parts of the first release target's project. */
function releaseTarget(repository: XmlElement): ProductId | null {
  const target = repository.children.find((child) => child.name === "releasetarget");
  const [name, version, arch] = (target?.attributes.get("project") ?? "").split(":").slice(-3);
  if (name === undefined || version === undefined || arch === undefined) return null;
  const product = normaliseMaintenanceProduct({ name, version, arch });
  const words = [product.name, product.version, product.arch];
  if (words.every(isProductWord)) return product;
  throw templateInvalid(
    { file: "project.xml", key: `releasetarget "${printable(words.join(":"))}"` },
    "is no product",
  );
}
