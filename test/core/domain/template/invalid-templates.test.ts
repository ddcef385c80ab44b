import { MtuiError } from "@mtui/core/protocol";
import { parseRrid, readReport, type TemplateFiles } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";
import { maintenanceFiles, withMetadata } from "./sample-maintenance.ts";

function failure(files: TemplateFiles): MtuiError {
  try {
    readReport(files);
  } catch (thrown) {
    if (thrown instanceof MtuiError) return thrown;
    throw thrown;
  }
  throw new Error("it was read without complaint");
}

const project = (inner: string) => `<project>${inner}</project>`;
const repository = (name: string, target: string) =>
  project(
    `<repository name="${name}"><releasetarget project="${target}"/><path repository="update"/></repository>`,
  );

describe("templates that are refused, with file and key", () => {
  it.each<[string, string, TemplateFiles]>([
    ["metadata.json", "is not JSON", maintenanceFiles({ metadata: "{" })],
    ["metadata.json", "is not a JSON object", maintenanceFiles({ metadata: "[]" })],
    ["metadata.json", "is not a JSON object", maintenanceFiles({ metadata: "null" })],
    ["metadata.json", "longer", maintenanceFiles({ metadata: " ".repeat(5 * 1024 * 1024) })],
    ["metadata.json", "is not JSON", maintenanceFiles({ metadata: `{"a":${"[".repeat(200_000)}` })],
    ["metadata.json: rrid", "is missing", withMetadata({ rrid: undefined })],
    ["metadata.json: rrid", "no request review id", withMetadata({ rrid: "SUSE:SLFO:../x:1" })],
    ["metadata.json: rrid", "is not a text", withMetadata({ rrid: 1 })],
    ["metadata.json: rrid", "SUSE:Maintenance:4242:868686", maintenanceFiles({ rrid: parseRrid("S:M:1:2") })],
    ["metadata.json: packages", "not an object", withMetadata({ packages: ["a = 1"] })],
    ['metadata.json: packages["15-SP6"]', "not a list", withMetadata({ packages: { "15-SP6": "a = 1" } })],
    ['metadata.json: packages["15 SP6"]', "no product version", withMetadata({ packages: { "15 SP6": [] } })],
    [
      'metadata.json: packages["__proto__"]',
      "no product version",
      maintenanceFiles({ metadata: '{"rrid":"S:M:4242:868686","packages":{"__proto__":[]}}' }),
    ],
    ['metadata.json: packages["15"][0]', "form", withMetadata({ packages: { "15": ["a 1-2"] } })],
    [
      'metadata.json: packages["15"][1]',
      "form",
      withMetadata({ packages: { "15": ["a = 1-2", "a = 1-2 x"] } }),
    ],
    ['metadata.json: packages["15"][0]', "text", withMetadata({ packages: { "15": [{}] } })],
    ['metadata.json: packages["15"][0]', "package name", withMetadata({ packages: { "15": ["a;b = 1-2"] } })],
    [
      'metadata.json: packages["15"][0]',
      "package name",
      withMetadata({ packages: { "15": ["--root=/x = 1-2"] } }),
    ],
    [
      'metadata.json: packages["15"][0]',
      "package version",
      withMetadata({ packages: { "15": ["a = $(id)"] } }),
    ],
    [
      'metadata.json: packages["15"][0]',
      "package version",
      withMetadata({ packages: { "15": ["a = 1-2\u0001"] } }),
    ],
    ["metadata.json: testplatform", "not a list", withMetadata({ testplatform: "base=SLES()" })],
    ["metadata.json: testplatform[0]", "control", withMetadata({ testplatform: ["a\nb"] })],
    ["metadata.json: products[0]", "not a text", withMetadata({ products: [1] })],
    ["metadata.json: bugs[1]", "issue id", withMetadata({ bugs: ["1", "x y"] })],
    ["metadata.json: jira", "not a list", withMetadata({ jira: {} })],
    ["metadata.json: category", "not a text", withMetadata({ category: 7 })],
    ["metadata.json: repository", "http", withMetadata({ repository: "ftp://example.com/x" })],
    ["metadata.json: repository", "http", withMetadata({ repository: "http://example.com/$(id)" })],
    ["metadata.json: repositories[0]", "http", withMetadata({ repositories: ["http://example.com/a b"] })],
    ["metadata.json: gitea_pr_api", "http", withMetadata({ gitea_pr_api: "file:///etc/passwd" })],
    ["metadata.json: gitea_commit_hash", "hash", withMetadata({ gitea_commit_hash: "a b" })],
    ["project.xml", "is missing", maintenanceFiles({ project: null })],
    ["project.xml", "XML", maintenanceFiles({ project: "" })],
    ["project.xml", "XML", maintenanceFiles({ project: '<project><repository name="a">' })],
    [
      "project.xml",
      "document type",
      maintenanceFiles({ project: '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>' }),
    ],
    ['project.xml: repository "a;b"', "URL", maintenanceFiles({ project: repository("a;b", "S:U:P:15:x") })],
    ['project.xml: repository ""', "URL", maintenanceFiles({ project: repository("", "S:U:P:15:x") })],
    [
      "project.xml: releasetarget",
      "no product",
      maintenanceFiles({ project: repository("a", "S:U:P q:15:x") }),
    ],
    ["log", "longer", maintenanceFiles({ log: "x".repeat(17 * 1024 * 1024) })],
  ])("%s %s", (place, why, files) => {
    const error = failure(files);
    expect(error.kind).toBe("template.invalid");
    expect(error.message).toContain(place);
    expect(error.message).toContain(why);
    expect(error.hint).toContain(place.split(":")[0]);
    expect(error.message).toMatch(/^[\x20-\x7e]+$/);
  });
});
