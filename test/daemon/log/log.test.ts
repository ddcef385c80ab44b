import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLog, redactText, redactValue } from "../../../packages/daemon/src/log/index.ts";

const now = () => new Date(0);

function directory() {
  const dir = mkdtempSync(join(tmpdir(), "mtui-log-"));
  return {
    path: join(dir, "mtuid.log"),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

test("a file of JSON lines, for the owner alone", () => {
  using at = directory();
  using log = openLog({ path: at.path, now });
  log.log("info", "ready", { clients: 1 });
  log.log("debug", "not at this level");
  expect(readFileSync(at.path, "utf8")).toBe(
    '{"clients":1,"at":"1970-01-01T00:00:00.000Z","level":"info","text":"ready"}\n',
  );
  expect(statSync(at.path).mode & 0o777).toBe(0o600);
});

test("two files of the bound at most, the newest line always there", () => {
  using at = directory();
  using log = openLog({ path: at.path, maxBytes: 1_000, now });
  for (let line = 0; line < 200; line += 1) log.log("info", `line ${line}`);
  expect(statSync(at.path).size).toBeLessThanOrEqual(1_000);
  expect(statSync(`${at.path}.1`).size).toBeLessThanOrEqual(1_000);
  expect(readFileSync(at.path, "utf8").trimEnd().split("\n").at(-1)).toContain('"line 199"');
});

test("on stderr one line for people, with a level for the journal", () => {
  const lines: string[] = [];
  using plain = openLog({ path: null, now, write: (text) => lines.push(text) });
  plain.log("warn", "odd\u001b[31m\nname", { host: "ant", none: undefined });
  using journal = openLog({ path: null, now, journal: true, write: (text) => lines.push(text) });
  journal.log("error", "bad");
  expect(lines).toEqual(['1970-01-01T00:00:00.000Z warn: odd [31m name host="ant"\n', "<3>bad\n"]);
});

test("a log that cannot be written to stops nothing", () => {
  const broken = () => {
    throw new Error("ENOSPC");
  };
  using log = openLog({ path: null, write: broken });
  expect(() => log.log("error", "x")).not.toThrow();
});

test.each([
  ["https://bob:pw@host/x failed", "https://***@host/x failed"],
  ["GET /x?a=1&token=abc&b=2", "GET /x?a=1&token=***&b=2"],
  ["?private_token=abc", "?private_token=***"],
  ["Authorization: token 0123456789abcdef", "Authorization: token ***"],
  ["svn+ssh://svn@qam/x", "svn+ssh://***@qam/x"],
  ["a package named tokenizer", "a package named tokenizer"],
])("%s is logged as %s", (text, safe) => {
  expect(redactText(text)).toBe(safe);
});

test("secrets are masked by name, by value, at any depth, and in what is cut off", () => {
  using at = directory();
  using log = openLog({ path: at.path, now });
  log.hide("hunter22", "");
  const error = new Error("refused hunter22");
  log.log("info", `${"x".repeat(8_188)}hunter22`, {
    a: { gitea_token: "plain", list: ["my hunter22"] },
    error,
  });
  const text = readFileSync(at.path, "utf8");
  expect(text).not.toMatch(/hunt|plain/);
  expect(text).toContain('"gitea_token":"***"');
});

test("facts without end are cut", () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  expect(JSON.stringify(redactValue(loop))).toContain("[...]");
});
