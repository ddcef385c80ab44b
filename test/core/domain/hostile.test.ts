import { isErrorKind } from "@mtui/core/protocol";
import {
  parseInventory,
  parseProdFile,
  parseTestplatform,
  planSlots,
  readReport,
  type TemplateFiles,
} from "@mtui/core/domain";
import {
  assert,
  constantFrom,
  dictionary,
  json,
  type Arbitrary,
  oneof,
  property,
  string,
  array,
} from "fast-check";
import { describe, it } from "vitest";
import { maintenanceFiles, MAINTENANCE_METADATA } from "./template/sample-maintenance.ts";

/** Whatever comes from outside, a reader answers or refuses with a known kind; it never just breaks. */
function answersOrRefuses(read: () => unknown): void {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof Error && "kind" in thrown && isErrorKind(thrown.kind)) return;
    throw thrown;
  }
}

/** Text made of the words that a format knows, in any order. */
const textOf = (...words: string[]): Arbitrary<string> =>
  array(oneof(constantFrom(...words), string({ unit: "binary", maxLength: 5 })), { maxLength: 30 }).map(
    (parts) => parts.join(""),
  );

describe("hostile input", () => {
  it("as inventory", () => {
    const yaml = textOf(
      "a:",
      "\n",
      "  ",
      "- ",
      "name: h",
      "arch: x",
      "{",
      "}",
      "[",
      "]",
      "*a",
      "&a ",
      "<<: ",
      "!!set ",
      ",",
      "~",
      "|",
      "---\n",
    );
    assert(
      property(yaml, (text) => answersOrRefuses(() => parseInventory(text, { source: "x" }))),
      { numRuns: 500 },
    );
  });

  it("as testplatform", () => {
    const line = textOf(
      "base=",
      "addon=",
      "arch=",
      "SLES",
      "(",
      ")",
      "[",
      "]",
      "major=15",
      "minor=",
      ",",
      ";",
    );
    const hosts = [{ name: "h", arch: "x", product: { name: "SLES", version: { major: 15 } }, addons: [] }];
    assert(
      property(line, (text) => {
        parseTestplatform(text);
        planSlots([text], hosts, { preferred: [text] });
      }),
      { numRuns: 500 },
    );
  });

  it("as product file and project.xml", () => {
    const xml = textOf(
      "<a>",
      "</a>",
      "<name>",
      "</name>",
      "<!DOCTYPE a>",
      "<![CDATA[",
      "]]>",
      "&amp;",
      "&x;",
      "<!--",
      "-->",
      "<?x",
      "?>",
    );
    assert(
      property(xml, (text) => {
        answersOrRefuses(() => parseProdFile(text));
        answersOrRefuses(() => readReport(maintenanceFiles({ project: text, patchinfo: text })));
      }),
      { numRuns: 500 },
    );
  });

  it("as metadata and log", () => {
    const keys = constantFrom(...Object.keys(MAINTENANCE_METADATA), "repositories", "gitea_pr", "id");
    const metadata: Arbitrary<string> = dictionary(
      keys,
      json().map((text): unknown => JSON.parse(text)),
      {
        maxKeys: 3,
      },
    ).map((change) => JSON.stringify({ ...MAINTENANCE_METADATA, ...change }));
    const log = textOf("Bug 1 (", '"', '"):', "\n", "a (reference host: ", "x", ")", "Jira A-1 (");
    assert(
      property(oneof(metadata, json(), string()), log, (json, text) => {
        const files: Partial<TemplateFiles> = { metadata: json, log: text };
        answersOrRefuses(() => readReport(maintenanceFiles(files)));
      }),
      { numRuns: 500 },
    );
  });
});
