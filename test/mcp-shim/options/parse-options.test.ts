import { describe, expect, test } from "vitest";
import { isNamespace, defaultNamespace } from "../../../packages/mcp-shim/src/options/namespace.ts";
import { parseOptions } from "../../../packages/mcp-shim/src/options/parse-options.ts";
import { UsageError } from "../../../packages/mcp-shim/src/options/usage-error.ts";

const TOOLS = ["run", "reboot", "takeover", "list_hosts"];

function parse(argv: string[], env: NodeJS.ProcessEnv = {}) {
  return parseOptions(argv, { env, tools: TOOLS });
}

function refusal(argv: string[], env: NodeJS.ProcessEnv = {}): string {
  try {
    parse(argv, env);
  } catch (thrown) {
    if (thrown instanceof UsageError) return `${thrown.message} | ${thrown.hint}`;
    throw thrown;
  }
  throw new Error("it was accepted");
}

const PLAIN = {
  profile: "full",
  namespace: null,
  allow: [],
  add: [],
  deny: [],
  config: null,
  confirm: false,
};

describe("options", () => {
  test.each([
    [[], {}, {}],
    [["--profile", "core"], {}, { profile: "core" }],
    [["--confirm"], {}, { confirm: true }],
    [[], { MTUI_MCP_CONFIRM: "1" }, { confirm: true }],
    [[], { MTUI_MCP_CONFIRM: "no" }, { confirm: false }],
    [["--profile=read-only"], {}, { profile: "read-only" }],
    [["--namespace", "reviewer"], {}, { namespace: "reviewer" }],
    [["--deny", "run,reboot", "--deny=list_hosts"], {}, { deny: ["run", "reboot", "list_hosts"] }],
    [["--config", "/etc/mtui.yaml"], {}, { config: "/etc/mtui.yaml" }],
    [[], { MTUI_NAMESPACE: "env", MTUI_MCP_PROFILE: "core" }, { namespace: "env", profile: "core" }],
    [["--namespace", "flag"], { MTUI_NAMESPACE: "env" }, { namespace: "flag" }],
    [
      [],
      { MTUI_MCP_ALLOW: "foreign run", MTUI_MCP_DENY: "reboot" },
      { allow: ["foreign"], add: ["run"], deny: ["reboot"] },
    ],
    [["--allow", "foreign"], { MTUI_MCP_ALLOW: "takeover" }, { allow: ["foreign"] }],
    [[], { MTUI_NAMESPACE: "" }, {}],
  ])("%j %j", (argv, env, wanted) => {
    expect(parse(argv, env)).toEqual({ show: null, options: { ...PLAIN, ...wanted } });
  });

  test("--allow takes capabilities and tools; a name that is both is both", () => {
    expect(parse(["--allow", "takeover,run"])).toMatchObject({
      options: { allow: ["takeover"], add: ["takeover", "run"] },
    });
  });

  test.each([
    [["--help"], "help"],
    [["-h"], "help"],
    [["--version"], "version"],
    [["-V", "--profile", "core"], "version"],
  ])("%j shows the %s", (argv, show) => expect(parse(argv)).toEqual({ show }));

  test.each([
    [["--profil", "core"], 'There is no option "--profil". | Did you mean --profile?'],
    [["stdio"], /There is no argument "stdio"\. \| It knows --namespace,/],
    [["--help=yes"], /There is no option|argument/],
    [["--profile", "cor"], '--profile: there is no "cor". | Did you mean core?'],
    [["--profile"], "--profile wants a value. | mtui-mcp --profile core"],
    [["--namespace", "--profile", "core"], "--namespace wants a value. | mtui-mcp --namespace reviewer"],
    [["--namespace="], /wants a value/],
    [["--namespace", "a/b"], /"a\/b" is no name\. \| Letters, digits/],
    [["--namespace", "n".repeat(49)], /is no name/],
    [["--allow", "takover"], '--allow: there is no "takover". | Did you mean takeover?'],
    [["--allow", "unlock-force"], '--allow: there is no "unlock-force". | Did you mean unlock_force?'],
    [["--deny", "foreign"], /--deny: there is no "foreign"\. \| It takes names of tools/],
    [["--deny", "rebot"], '--deny: there is no "rebot". | Did you mean reboot?'],
  ])("%j is refused", (argv, wanted) => {
    if (typeof wanted === "string") expect(refusal(argv)).toBe(wanted);
    else expect(refusal(argv)).toMatch(wanted);
  });

  test("variables are held to the same rules", () => {
    expect(refusal([], { MTUI_MCP_DENY: "nothing" })).toContain("--deny: there is no");
    expect(refusal([], { MTUI_NAMESPACE: "../x" })).toContain("--namespace");
  });
});

describe("the default namespace", () => {
  test("is the same for the same client and directory, and another for another", () => {
    const one = defaultNamespace("Claude Code", "/home/ann/src/update");
    expect(one).toMatch(/^claude-code-update-[0-9a-f]{6}$/);
    expect(defaultNamespace("Claude Code", "/home/ann/src/update")).toBe(one);
    expect(defaultNamespace("Claude Code", "/home/bob/src/update")).not.toBe(one);
    expect(defaultNamespace("opencode", "/home/ann/src/update")).not.toBe(one);
  });

  test.each([
    [null, "/", /^mcp-root-/],
    ["", "/srv/x", /^mcp-x-/],
    ["../../etc", "/a b/ç", /^etc-root-/],
    ["中文", "/srv/-x-", /^mcp-x-/],
    ["c".repeat(300), `/${"d".repeat(300)}`, /^c{16}-d{20}-/],
  ])("of %j in %j is a name", (client, directory, wanted) => {
    const name = defaultNamespace(client, directory);
    expect(name).toMatch(wanted);
    expect(isNamespace(name)).toBe(true);
  });
});
