import { describe, expect, it } from "vitest";
import {
  childText,
  descendants,
  parseXml,
  XML_LIMITS,
} from "../../../../packages/core/src/domain/xml/element.ts";

describe("parseXml", () => {
  it("gives elements with attributes, own text and children", () => {
    const root = parseXml(
      '\uFEFF<?xml version="1.0"?><!-- x --><a k="1&lt;2">t<b> u </b><![CDATA[<v>]]></a>',
    );
    expect(root.attributes.get("k")).toBe("1<2");
    expect(root.text).toBe("t<v>");
    expect(childText(root, "b")).toBe("u");
    expect(childText(root, "c")).toBe("");
    expect([...descendants(root)].map((element) => element.name)).toEqual(["a", "b"]);
  });

  it("keeps attributes apart from an object's own properties", () => {
    expect(parseXml('<a __proto__="x" constructor="y"/>').attributes.get("constructor")).toBe("y");
    expect(parseXml("<a/>").attributes.get("constructor")).toBeUndefined();
  });

  it.each([
    ["nothing", "", /element|document|root/i],
    ["text alone", "text", /line 1/],
    ["a part of a document", "<a><b></b>", /unclosed|line/],
    ["a wrong end", "<a></b>", /line 1/],
    ["an unknown entity", "<a>&x;</a>", /line 1/],
    ["a document type", "<!DOCTYPE a><a/>", /document type/],
    ["a deep document", "<a>".repeat(XML_LIMITS.depth + 1), /deeper/],
    ["too many elements", `<a>${"<b/>".repeat(XML_LIMITS.elements)}</a>`, /more than/],
    ["too long a text", `<a>${" ".repeat(XML_LIMITS.characters)}</a>`, /longer/],
  ])("refuses %s", (_, text, why) => {
    expect(() => parseXml(text)).toThrow(why);
  });

  it("takes as much as its limits allow", () => {
    const depth = XML_LIMITS.depth;
    expect(parseXml("<a>".repeat(depth) + "</a>".repeat(depth)).children).toHaveLength(1);
    expect(parseXml(`<a>${"<b/>".repeat(XML_LIMITS.elements - 1)}</a>`).children).toHaveLength(
      XML_LIMITS.elements - 1,
    );
  });
});
