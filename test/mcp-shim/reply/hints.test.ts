import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { buildCommandTable } from "@mtui/core/registry";
import { inToolWords } from "../../../packages/mcp-shim/src/reply/hints/translate.ts";

const table = buildCommandTable("0.1.0");
const PACKAGES = resolve(import.meta.dirname, "../../../packages");
const say = (text: string, operation = "add_host"): string => inToolWords(text, { table, operation });

test.each([
  ["mtuictl add-host -w desk -t sp6-1 takes it.", 'add_host workspace=desk target=["sp6-1"] takes it.'],
  ["mtuictl load-template -w desk RRID", "load_template workspace=desk auto_review_id=RRID"],
  [
    "mtuictl list-workspaces, then mtuictl close-workspace NAME.",
    "list_workspaces, then close_workspace workspace=NAME.",
  ],
  [
    "Wait for one (mtuictl job wait ID), or cancel it (mtuictl job cancel ID).",
    'Wait for one (job_wait job_ids=["ID"]), or cancel it (job_cancel job_id=ID).',
  ],
  [
    "mtuictl job wait run-1 run-2 waits for their end.",
    'job_wait job_ids=["run-1","run-2"] waits for their end.',
  ],
  ["mtuictl job follow run-1 shows it.", 'job_wait job_ids=["run-1"] shows it.'],
  ["mtuictl job list shows all jobs.", "job_list shows all jobs."],
  ["Look again who holds it: mtuictl queue", "Look again who holds it: list_queue"],
  ["mtuictl add-host x-1 --force", "add_host x-1 force=true"],
  ["mtuictl unlock -t a-1 --force", 'unlock hosts=["a-1"] force=true'],
  [
    'mtuictl takeover sp6-1 --claim c3 --reason "it is mine"',
    'takeover host=sp6-1 claim=c3 reason="it is mine"',
  ],
  ["mtuictl list-packages --hosts a1,b2 --wanted", 'list_packages hosts=["a1","b2"] wanted=true'],
  ["mtuictl set-repo remove -t a-1)", 'set_repo operation=remove hosts=["a-1"])'],
  [
    "Look what is there: run -t a-1 -- ls -la /tmp",
    'Look what is there: run hosts=["a-1"] command=["ls","-la","/tmp"]',
  ],
  [
    "mtuictl add-host takes one each; -t HOST names one.",
    'add_host takes one each; target=["HOST"] names one.',
  ],
  ["A person has to end it: mtuictl daemon stop", "A person has to end it: mtuictl daemon stop"],
  ["mtuictl list-packages -t a1,b2 --wanted", 'list_packages hosts=["a1","b2"] wanted=true'],
  ["Start it: mtuictl daemon start", "Start it: (for a person: mtuictl daemon start)"],
  [
    "See why: mtuictl daemon logs; then ask again.",
    "See why: (for a person: mtuictl daemon logs); then ask again.",
  ],
  ["Start mtui-mcp with --allow takeover", "Start mtui-mcp with --allow takeover"],
  ["mtuid --help", "mtuid --help"],
  [
    "Give --wait a number of seconds, 0 to fail at once.",
    "Give wait a number of seconds, 0 to fail at once.",
  ],
  [
    "Name it with --prefer or with --exclude, not with both.",
    "Name it with prefer or with exclude, not with both.",
  ],
  ["Leave out -t, or --prefer and --exclude.", "Leave out target, or prefer and exclude."],
  ['--reason "I need it for ..."', 'reason="I need it for ..."'],
  ["zypper in --force-resolution failed", "zypper in --force-resolution failed"],
  ["nothing to translate", "nothing to translate"],
])("%s", (people, tools) => {
  expect(say(people)).toBe(tools);
});

test("the flags of a hint are those of its operation", () => {
  expect(
    say("Load into another one (-w NAME), or put this one in its place with --replace.", "load_template"),
  ).toBe("Load into another one (workspace=NAME), or put this one in its place with replace=true.");
  expect(say("Raise the limit (--timeout, or connection.command_timeout in mtui.yaml).", "run")).toBe(
    "Raise the limit (timeout, or connection.command_timeout in mtui.yaml).",
  );
});

/** Every text of the product that names the command line, as it would be with some value in each gap. */
function* texts(): Generator<{ file: string; text: string }> {
  for (const room of ["core/src", "daemon/src"]) {
    for (const entry of readdirSync(join(PACKAGES, room), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts") || entry.name === "main.ts") continue;
      const source = readFileSync(join(entry.parentPath, entry.name), "utf8").replace(
        /^\s*(?:\/\/|\*|\/\*).*$/gm,
        "",
      );
      for (const [literal] of source.matchAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g)) {
        const text = literal.slice(1, -1).replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "run-1");
        if (/\bmtuictl [a-z]/.test(text) || (/(?:^|[\s(])--?[a-z]/.test(text) && isHint(source, literal))) {
          yield { file: entry.name, text };
        }
      }
    }
  }
}

function isHint(source: string, literal: string): boolean {
  return new RegExp(`hint:\\s*(?:[^,"\`]*\\?\\s*)?$`).test(source.slice(0, source.indexOf(literal)));
}

/** Of programs that are none of ours to call, or of the daemon's own command line. */
const STAYS =
  /\(for a person: [^)]*\)|mtui-mcp .*|mtuid --\S+|\bssh .*|\bls -.*|Leave --config and MTUI_CONF away|\bperson\b.*/gi;

describe("every hint of the product", () => {
  const found = [...texts()];

  test("there are some", () => {
    expect(found.length).toBeGreaterThan(30);
  });

  test.each(found.map(({ file, text }) => [file, text] as const))("%s: %s", (file, text) => {
    const operation = file.replace(/\.ts$/, "").replaceAll("-", "_");
    const left = say(text, operation).replace(STAYS, "");
    expect(left).not.toMatch(/mtuictl/);
    expect(left).not.toMatch(/(?:^|[\s(])--?[a-zA-Z]/);
  });
});
