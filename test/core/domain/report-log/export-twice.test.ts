import fc from "fast-check";
import { expect, it } from "vitest";
import { exportReport, type ReportExport } from "@mtui/core/domain";

/* fast-check prints seed and path of a failure; pass them to fc.assert to replay it. */

const line = fc.oneof(
  fc.constantFrom(
    "",
    "x (reference host: a)",
    "x (reference host: ?)",
    "before:",
    "after:",
    "\tp-1-1",
    "\tpackage p is not installed",
    "=> PASSED/FAILED",
    "=> FAILED",
    "comment: (none)",
    "(mtui) note",
    "(mtui) no host: y",
    " : SUCCEEDED",
    "Test results by product-arch:",
    "#########",
    "Links for update logs:",
    "u/a.log",
    "HAS_UNTRACKED_CHANGES: YES/NO",
    "## export MTUI:1",
  ),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, "")),
);

const version = fc.constantFrom("1-1", "2-1", null, undefined);
const host = fc.record({
  host: fc.constantFrom("a", "b"),
  system: fc.constantFrom("x", "y"),
  verdict: fc.constantFrom("PASSED" as const, "FAILED" as const, "LOST" as const, "NOT_TESTED" as const),
  reason: fc.constantFrom(null, "why"),
  packages: fc.array(fc.record({ name: fc.constantFrom("p", "p-q"), before: version, after: version }), {
    maxLength: 2,
  }),
  logFile: fc.constantFrom(null, "a.log"),
});
const results: fc.Arbitrary<ReportExport> = fc.record({
  hosts: fc.uniqueArray(host, { maxLength: 3, selector: (each) => `${each.system} ${each.host}` }),
  noHost: fc.array(fc.constant({ slot: "s", reason: "r" }), { maxLength: 1 }),
  logUrl: fc.constant("u"),
  footer: fc.constant("## export MTUI:2"),
});

it("gives the same text when it is done twice, on any text", () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), results, (lines, data) => {
      const once = exportReport(lines.join("\n"), data).text;
      expect(exportReport(once, data).text).toBe(once);
    }),
    { numRuns: 500 },
  );
});
