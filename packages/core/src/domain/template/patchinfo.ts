import { parseXml } from "../xml/element.ts";
import { TEMPLATE_LIMITS } from "./invalid.ts";

/** Characters of one title. */
const TITLE_LIMIT = 1000;

/**
 * Issue titles of a `patchinfo.xml`, by id (docs/formats/rrid-and-template.md, "patchinfo.xml"). The
 * file only adds to what is known: one that is missing or broken gives no titles.
 */
export function parsePatchinfo(xml: string | null): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  if (xml === null || xml.length > TEMPLATE_LIMITS["patchinfo.xml"]) return titles;
  let root: ReturnType<typeof parseXml>;
  try {
    root = parseXml(xml);
  } catch {
    return titles;
  }
  for (const issue of root.children) {
    if (issue.name !== "issue") continue;
    const id = (issue.attributes.get("id") ?? "").trim();
    const title = issue.text.trim();
    if (id !== "" && title !== "") titles.set(id, title.slice(0, TITLE_LIMIT));
  }
  return titles;
}
