import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildCommandTable } from "@mtui/core/registry";
import { PLAIN } from "../../../packages/cli/src/terminal/style.ts";
import { RENDERERS } from "../../../packages/cli/src/render/index.ts";
import { replyOf } from "../../../packages/mcp-shim/src/reply/index.ts";

const table = buildCommandTable("0.1.0");
const FIXTURE = join(import.meta.dirname, "fixtures/review.jsonl");

/** What a lab with four hosts answered, real zypper and rpm behind it. */
const ANSWERS = new Map(
  readFileSync(FIXTURE, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; result: Record<string, unknown> })
    .map(({ name, result }) => [name, result]),
);

function answer(name: string): Record<string, unknown> {
  const result = ANSWERS.get(name);
  if (result === undefined) throw new Error(`no answer of ${name}`);
  return result;
}

function told(name: string, params: Record<string, unknown> = {}, operation = name) {
  const reply = replyOf(answer(name), { operation, params, budget: 20_000, table });
  const [first] = reply.content;
  if (first?.type !== "text") throw new Error("no text");
  return { ...reply, text: first.text, structured: reply.structuredContent as Record<string, never> };
}

/** As the terminal shows it when nothing is folded: every command of every host with all that it printed. */
function plain(name: string): string {
  const answered = answer(name);
  const job = answered["job"] as { operation: string } | undefined;
  const started = job !== undefined && answered["result"] === null;
  const operation = started ? "job_status" : (job?.operation ?? name);
  const render = RENDERERS[operation as keyof typeof RENDERERS] as (
    result: unknown,
    view: unknown,
  ) => string[];
  const view = { style: PLAIN, columns: undefined, now: 0, flags: { diff: false, verbose: true } };
  return render(started ? job : (answered["result"] ?? answered), view).join("\n");
}

test("a review of a whole update costs less than half of what the plain output costs", () => {
  const steps: [name: string, params: Record<string, unknown>][] = [
    ["load_template", { auto_review_id: "SUSE:Maintenance:31337:298765" }],
    ["add_host", { all: true }],
    ["prepare", {}],
    ["update", { background: true }],
    ["job_status", { job_id: "update-1" }],
    ["job_result", { job_id: "update-1" }],
    ["list_packages", {}],
    ["export", {}],
    ["close_workspace", {}],
  ];
  const rows = steps.map(([name, params]) => {
    const { text, structuredContent } = told(name, params);
    const beside = Buffer.byteLength(JSON.stringify(structuredContent));
    return {
      step: name,
      plain: Buffer.byteLength(plain(name)),
      text: Buffer.byteLength(text),
      structured: beside,
    };
  });
  const sum = (key: "plain" | "text" | "structured"): number => rows.reduce((all, row) => all + row[key], 0);
  const [whole, texts, both] = [sum("plain"), sum("text"), sum("text") + sum("structured")];
  console.log(
    [...rows, { step: "all", plain: whole, text: texts, structured: sum("structured") }]
      .map(
        ({ step, ...row }) =>
          `${step.padEnd(16)} plain ${row.plain}, text ${row.text}, structured ${row.structured}`,
      )
      .join("\n"),
  );
  expect(both * 2).toBeLessThan(whole);
  // What a model reads that is shown the text alone.
  expect(texts * 10).toBeLessThan(whole);
});

test("an update says its verdicts, equal hosts and packages together", () => {
  const { text, structured, isError } = told("job_result", { job_id: "update-1" });
  expect(isError).toBeUndefined();
  expect(text.split("\n").slice(1, 5)).toEqual([
    "PASSED: sp6-[1-3], sp7-1 (4)",
    "  NOT_TESTED none -> none, required 1.4.2-150600.3.9.1 (not available): gamma-bin",
    "  PASSED 1.4.2-150600.3.6.1 -> 1.4.2-150600.3.9.1: alpha-lang, alpha-tools, beta, beta-doc, libalpha-devel, libalpha1, libgamma7",
    "warning: not available: gamma-bin",
  ]);
  expect(text).toMatch(/left out: \d+ bytes; get them: job_result job_id=update-1 output=true$/);
  expect(structured["omitted"]).toMatchObject({ next: "job_result job_id=update-1 output=true" });
  const { hosts } = structured["result"] as unknown as { hosts: Record<string, unknown>[] };
  expect(hosts.map(({ host, same_as, commands }) => [host, same_as, (commands as unknown[]).length])).toEqual(
    [
      ["sp6-1", undefined, 14],
      ["sp6-2", "sp6-1", 0],
      ["sp6-3", "sp6-1", 0],
      ["sp7-1", undefined, 14],
    ],
  );
});

test.each([
  [
    "add_host",
    ["4 hosts connected", "sp6-[1-3] (3): sles-modules-15-SP6-x86_64", "sp7-1: sles-modules-15-SP7-x86_64"],
  ],
  ["prepare", ["ok: sp6-[1-3], sp7-1 (4), 4 commands", "warning: not available: gamma-bin"]],
  ["list_packages", ["  not installed, required 1.4.2-150600.3.9.1: gamma-bin"]],
  ["export", ["PASSED: sp6-[1-3], sp7-1 (4)"]],
  ["close_workspace", ["Workspace default is closed.", "released: sp6-[1-3], sp7-1 (4)"]],
  ["validate", ["1 update: 1 PASSED", "  PASSED: sp6-2, sp7-1 (2)"]],
  ["list_queue", ["Nobody waits."]],
  ["job_wait", ["Ended:", "next: job_result job_id=update-1"]],
])("%s says what happened", (name, lines) => {
  const said = told(name).text.split("\n");
  expect(said).toEqual(expect.arrayContaining(lines));
});

test("a job in the background says how to go on", () => {
  expect(told("update", { background: true }).text.split("\n").at(-1)).toBe(
    'next: job_wait job_ids=["update-1"]',
  );
});

test("a command that failed is an error, with the kind, each host and what it printed", () => {
  const { text, isError } = told("run_fail", {}, "run");
  expect(isError).toBe(true);
  const [first, second, ...more] = text.split("\n");
  expect(first).toMatch(/^run-2 failed after/);
  expect(second).toContain("operation.failed: 4 of 4 hosts did not end well");
  expect(second).toContain("job_result job_id=run-2 shows");
  expect(more.slice(0, 2)).toEqual(["failed (exit 3): sp6-1", "| sp6-1"]);
});

test("a page of output is not folded, and a page that is too large can be had in smaller ones", () => {
  const { text, structured } = told("job_output", { job_id: "update-1", output: true }, "job_result");
  expect(text).toContain("| Repository 'released' is up to date.");
  expect(structured["omitted"]).toMatchObject({ next: "job_result job_id=update-1 output=true limit=6000" });
});
