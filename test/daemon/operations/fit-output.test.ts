import type { HostResult } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import { fitOutput } from "../../../packages/daemon/src/operations/fit-output.ts";

function resultOf(...outputs: string[]): { hosts: HostResult[] } {
  return {
    hosts: outputs.map((stdout, index) => ({
      host: `h${index}`,
      system: null,
      state: "ok",
      exit: 0,
      commands: [{ command: "cat", state: "ok", exit: 0, seconds: 1, stdout, stderr: "", dropped: 0 }],
      warnings: [],
      error: null,
    })),
  };
}

const outputs = ({ hosts }: { hosts: HostResult[] }): string[] =>
  hosts.flatMap(({ commands }) => commands.map(({ stdout }) => stdout));

describe("a result that has to fit into one reply", () => {
  test("is left alone when it does", () => {
    const result = resultOf("a".repeat(400), "b".repeat(500));
    expect(fitOutput(result, 1000)).toBe(result);
  });

  test("loses the middle of the longest outputs and says how much; short ones stay whole", () => {
    const long = `begin${"x".repeat(5000)}end`;
    const [first, second, third] = outputs(fitOutput(resultOf("short", long, long), 2000));
    expect(first).toBe("short");
    expect(second).toBe(third);
    expect(second).toMatch(/^begin[^]*\n\[\.\.\. \d+ characters left out \.\.\.\]\n[^]*end$/);
    expect(second?.length).toBeGreaterThan(700);
  });

  test.each([
    "x".repeat(50_000),
    "\u0001".repeat(50_000),
    "\u{1F600}".repeat(20_000),
    `${"x".repeat(20_000)}${"\n".repeat(30_000)}`,
  ])("is within the limit whatever the output is made of", (text) => {
    const fitted = fitOutput(resultOf(text, text, "ok"), 10_000);
    expect(JSON.stringify(outputs(fitted)).length).toBeLessThan(10_100);
    expect(outputs(fitted).every((each) => each.isWellFormed())).toBe(true);
    expect(fitted.hosts[0]?.commands[0]?.dropped).toBeGreaterThan(0);
  });
});
