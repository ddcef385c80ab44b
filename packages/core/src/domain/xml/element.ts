import { SaxesParser } from "saxes";
import { printable } from "../grammar/control-characters.ts";

/** An XML element without its comments and instructions. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text and CDATA, joined. */
  readonly text: string;
}

export const XML_LIMITS = { characters: 4 * 1024 * 1024, depth: 32, elements: 50_000 } as const;

interface OpenElement {
  name: string;
  attributes: Map<string, string>;
  children: OpenElement[];
  text: string;
}

/**
 * Reads a whole document. Document types are refused, so no entities exist but XML's own five; a
 * document that breaks off is an error and never half a result.
 * @throws Error whose message says what is wrong and where; callers name the file
 */
export function parseXml(text: string): XmlElement {
  if (text.length > XML_LIMITS.characters) throw new Error(`longer than ${XML_LIMITS.characters} characters`);
  const parser = new SaxesParser();
  const open: OpenElement[] = [];
  let root: OpenElement | undefined;
  let count = 0;
  const fail = (why: string): never => {
    throw new Error(`line ${parser.line}: ${why}`);
  };
  parser.on("error", (error) => fail(printable(error.message.replace(/^[^ ]*:\d+:\d+: /, ""), 200)));
  parser.on("doctype", () => fail("a document type is not allowed"));
  parser.on("opentag", (tag) => {
    count += 1;
    if (count > XML_LIMITS.elements) fail(`more than ${XML_LIMITS.elements} elements`);
    if (open.length >= XML_LIMITS.depth) fail(`deeper than ${XML_LIMITS.depth} elements`);
    const element: OpenElement = {
      name: tag.name,
      attributes: new Map(Object.entries(tag.attributes)),
      children: [],
      text: "",
    };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on("closetag", () => open.pop());
  const addText = (more: string): void => {
    const last = open.at(-1);
    if (last !== undefined) last.text += more;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.write(text.startsWith("\uFEFF") ? text.slice(1) : text).close();
  if (root === undefined) throw new Error("no element in it");
  return root;
}

/** The text of the first child of that name, trimmed; empty if there is none. */
export function childText(element: XmlElement, name: string): string {
  return element.children.find((child) => child.name === name)?.text.trim() ?? "";
}

/** The element and all below it, in document order. */
export function* descendants(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* descendants(child);
}
