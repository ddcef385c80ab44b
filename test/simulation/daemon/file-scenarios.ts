import type { OperationName } from "@mtui/core/registry";
import { onDesk, ONE, RRID, type Scenario, slow, TWO } from "./scenario.ts";

const NEW = "SUMMARY: PASSED\n";

/** What changes files, here or on hosts, and what gives a report back. */
export const FILE_SCENARIOS: readonly Scenario[] = [
  {
    name: "put",
    hosts: TWO,
    setup: onDesk(...TWO),
    // More than one piece.
    ...slow("put", { filename: "/root/x", content: "x".repeat(70_000) }),
    changes: /\/root\/x/,
  },
  {
    name: "unload",
    hosts: TWO,
    setup: onDesk(...TWO),
    operate: (desk) => desk.call("unload", { rrid: RRID }),
  },
  editing("testreport_patch", { start_line: 1, end_line: 3, replacement: "SUMMARY: PASSED" }),
  editing("testreport_write", { content: NEW }),
  editing("testreport_fill", { summary: "PASSED" }, "SUMMARY: PASSED\n\ncomment: (none)\n"),
];

/** A report is the old one or the new one, whenever the daemon dies. */
function editing(name: OperationName, params: Record<string, unknown>, text = NEW): Scenario {
  const whole = ["SUMMARY: PASSED/FAILED\n\ncomment: (none)\n", text];
  return {
    name,
    hosts: ONE,
    setup: onDesk(),
    ...slow(name, params),
    never: ({ reports }) =>
      whole.includes(reports["w"] ?? "") ? [] : [`the report is ${JSON.stringify(reports["w"])}`],
  };
}
