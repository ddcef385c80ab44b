import { describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import { buildCommandTable } from "@mtui/core/registry";
import { checkArguments } from "../../../packages/mcp-shim/src/tools/check-arguments.ts";

const ENTRIES = new Map(buildCommandTable("0.1.0").operations.map((entry) => [entry.name, entry]));

function check(name: string, args: Record<string, unknown>) {
  const entry = ENTRIES.get(name);
  if (entry === undefined) throw new Error(`no ${name}`);
  return checkArguments(entry, args);
}

function refusal(name: string, args: Record<string, unknown>): string {
  try {
    check(name, args);
  } catch (thrown) {
    if (thrown instanceof MtuiError && thrown.kind === "params.invalid")
      return `${thrown.message} | ${thrown.hint}`;
    throw thrown;
  }
  throw new Error("it was accepted");
}

describe("arguments", () => {
  test.each([
    [
      "run",
      { hots: ["a"], command: ["id"] },
      'run has no argument "hots". | Did you mean hosts? It takes command, hosts, timeout, wait, workspace, background, template.',
    ],
    ["whoami", { x: 1 }, 'whoami has no argument "x". | It takes none.'],
    [
      "run",
      { command: "id -u" },
      'command wants an array of strings, not a string. | command=["sh","-c","id -u"]',
    ],
    ["run", {}, /^run wants command: argv.* \| It takes command/],
    ["run", { command: [] }, 'command is empty. | command=["..."]'],
    ["run", { command: ["id", 1] }, 'command[1] wants a string, not a number. | command[1]="..."'],
    [
      "run",
      { command: ["id"], background: "yes" },
      "background wants a boolean, not a string. | background=true",
    ],
    ["run", { command: ["id"], timeout: 1.5 }, "timeout wants a whole number, not a number. | timeout=5"],
    ["run", { command: ["id"], timeout: -1 }, "timeout is -1. | At least 0."],
    ["job_list", { limit: 1e9 }, "limit is 1000000000. | At most 100000."],
    [
      "set_repo",
      { operation: "remov" },
      'operation cannot be "remov". | Did you mean remove? It is one of add, remove.',
    ],
    ["set_repo", { operation: { add: true } }, 'operation wants a string, not an object. | operation="add"'],
    ["list_hosts", { template: 1 }, /^template wants an RRID\. \| template="SUSE:/],
    ["list_hosts", { __proto__x: 1 }, /has no argument/],
    ["list_hosts", { constructor: 1 }, /has no argument "constructor"/],
    ["list_hosts", { ["x".repeat(500)]: 1 }, /has no argument "x{80}"/],
  ] as const)("%s %j is refused", (name, args, wanted) => {
    if (typeof wanted === "string") expect(refusal(name, args)).toBe(wanted);
    else expect(refusal(name, args)).toMatch(wanted);
  });

  test("null is nothing", () => {
    expect(check("run", { command: ["id"], hosts: null, template: null }).params).toEqual({
      command: ["id"],
    });
  });

  test("every workspace tool but load_template takes a template in place of its workspace", () => {
    for (const { name, scope, params } of ENTRIES.values()) {
      const takes = scope === "workspace" && name !== "load_template";
      const needed = Object.fromEntries(
        params.required.map((key) => {
          const schema = params.properties[key];
          if (schema?.type === "array") return [key, ["x"]];
          if (schema?.type === "string") return [key, schema.enum?.[0] ?? "x"];
          return [key, 1];
        }),
      );
      if (takes) expect(check(name, { ...needed, template: " R " }).template).toBe("R");
      else expect(refusal(name, { ...needed, template: "R" })).toContain("template");
    }
  });
});

/** Parameters as prompts for other servers know them: name, an example, and what becomes of it here. */
describe("what old prompts say", () => {
  test.each([
    ["add_host", { target: ["a"], keep_mode: true }, { target: ["a"] }],
    ["add_host", { hosts: ["a"] }, { target: ["a"] }],
    ["downgrade", { hosts: ["a"], background: true }, { hosts: ["a"], background: true }],
    ["reboot", { target: ["a"] }, { hosts: ["a"] }],
    ["export", { force: true, hosts: ["a"], all_templates: false }, { force: true, hosts: ["a"] }],
    ["get", { filename: "/etc/hosts" }, { filename: "/etc/hosts" }],
    ["put", { filename: "/tmp/x", content: "x" }, { filename: "/tmp/x", content: "x" }],
    [
      "install",
      { package: ["vim"], hosts: [], background: false },
      { package: ["vim"], hosts: [], background: false },
    ],
    ["uninstall", { packages: ["vim"] }, { package: ["vim"] }],
    ["list_history", { event: ["update"], hosts: ["a"] }, { event: ["update"], hosts: ["a"] }],
    ["list_locks", { pool: true }, { pool: true }],
    [
      "list_packages",
      { package: ["vim"], wanted: true, hosts: ["a"] },
      { package: ["vim"], wanted: true, hosts: ["a"] },
    ],
    ["list_products", { hosts: ["a"] }, { hosts: ["a"] }],
    [
      "list_refhosts",
      {
        testplatform: null,
        name: "a*",
        arch: ["x86_64"],
        product: "sles",
        version: "15-SP6",
        addon: [],
        pool: true,
        as_json: true,
        free: true,
        verbose: true,
      },
      { name: "a*", arch: ["x86_64"], product: "sles", version: "15-SP6", addon: [], pool: true, free: true },
    ],
    ["show_log", { hosts: ["a"] }, { hosts: ["a"] }],
    ["remove_host", { hosts: ["a"] }, { hosts: ["a"] }],
    [
      "load_template",
      { auto_review_id: "SUSE:Maintenance:1:2", kernel_review_id: null },
      { auto_review_id: "SUSE:Maintenance:1:2" },
    ],
    [
      "load_template",
      { auto_review_id: "SUSE:Maintenance:1:2", kernel_review_id: "" },
      { auto_review_id: "SUSE:Maintenance:1:2" },
    ],
    ["load_template", { rrid: "SUSE:Maintenance:1:2" }, { auto_review_id: "SUSE:Maintenance:1:2" }],
    ["lock", { hosts: ["a"], comment: ["mine", "now"] }, { hosts: ["a"], comment: ["mine", "now"] }],
    ["unlock", { force: true, pool: false, hosts: ["a"] }, { force: true, pool: false, hosts: ["a"] }],
    [
      "prepare",
      { force: true, installed: true, update: true, hosts: ["a"], background: true },
      { force: true, installed: true, update: true, hosts: ["a"], background: true },
    ],
    [
      "run",
      { command: ["id"], hosts: ["a"], background: true },
      { command: ["id"], hosts: ["a"], background: true },
    ],
    [
      "set_repo",
      { operation: "add", hosts: ["a"], background: true },
      { operation: "add", hosts: ["a"], background: true },
    ],
    ["set_timeout", { timeout: 30, hosts: ["a"] }, { timeout: 30, hosts: ["a"] }],
    ["unload", { rrid: "SUSE:Maintenance:1:2" }, { rrid: "SUSE:Maintenance:1:2" }],
    [
      "update",
      { newpackage: true, noprepare: true, hosts: ["a"], background: true },
      { newpackage: true, noprepare: true, hosts: ["a"], background: true },
    ],
    ["testreport_read", { relpath: "log", offset: 1, limit: 5 }, { relpath: "log", offset: 1, limit: 5 }],
    [
      "testreport_patch",
      { start_line: 1, end_line: 2, replacement: "" },
      { start_line: 1, end_line: 2, replacement: "" },
    ],
    ["testreport_write", { content: "x" }, { content: "x" }],
    [
      "testreport_fill",
      { reproducer: "YES", status: "FIXED", summary: "PASSED" },
      { reproducer: "YES", status: "FIXED", summary: "PASSED" },
    ],
    ["job_status", { job_id: "update-1" }, { job_id: "update-1" }],
    ["job_result", { job_id: "update-1" }, { job_id: "update-1" }],
    ["job_cancel", { job_id: "update-1" }, { job_id: "update-1" }],
    ["job_wait", { job_id: "update-1" }, { job_ids: ["update-1"] }],
    ["validate", { rrid: "SUSE:Maintenance:1:2" }, { rrids: ["SUSE:Maintenance:1:2"] }],
  ] as const)("%s %j", (name, args, params) => {
    expect(check(name, args).params).toEqual(params);
  });

  test.each([
    ["update", { all_templates: true }, /works on one workspace\. \| .*template=RRID/],
    ["load_template", { kernel_review_id: "SUSE:Maintenance:1:2" }, /not supported\. \| .*auto_review_id/],
    ["export", { filename: "/tmp/x" }, /written into the report.* \| Leave it out/],
    ["reboot", { hosts: ["a"], target: ["b"] }, /target and hosts are the same argument/],
  ] as const)("%s %j is refused with what to do instead", (name, args, wanted) => {
    expect(refusal(name, args)).toMatch(wanted);
  });
});
