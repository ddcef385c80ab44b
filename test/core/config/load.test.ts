import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, redactConfig } from "@mtui/core/config";
import { MtuiError } from "@mtui/core/protocol";
import { expect, test } from "vitest";

function home() {
  const dir = mkdtempSync(join(tmpdir(), "mtui-config-"));
  mkdirSync(join(dir, ".config", "mtui"), { recursive: true });
  const system = join(dir, "etc-mtui.yaml");
  const user = join(dir, ".config", "mtui", "mtui.yaml");
  return {
    dir,
    system,
    user,
    load: (options: { config?: string; env?: NodeJS.ProcessEnv } = {}) =>
      loadConfig({ ...options, systemFile: system, env: { HOME: dir, LOGNAME: "alice", ...options.env } }),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function problemOf(load: () => unknown): MtuiError {
  try {
    load();
  } catch (thrown) {
    if (thrown instanceof MtuiError) return thrown;
    throw thrown;
  }
  throw new Error("it was accepted");
}

test("without files everything has its documented default", () => {
  using at = home();
  expect(at.load()).toEqual({
    files: [],
    notices: [],
    sources: {},
    config: {
      mtui: {
        template_dir: join(at.dir, ".local/share/mtui/templates"),
        user: "alice",
        install_logs: "install_logs",
        ssl_verify: true,
      },
      connection: {
        connection_timeout: 300,
        command_timeout: 300,
        reattach: 900,
        ssh_strict_host_key_checking: "auto_add",
      },
      refhosts: {
        resolvers: ["https", "path"],
        https_uri: "https://qam.suse.de/refhosts/refhosts.yml",
        https_expiration: 43_200,
        path: "/usr/share/qam-metadata/refhosts.yml",
        pool_select: true,
      },
      lock: { reap_stale: true, stale_age: 86_400, wait: 0, wait_poll: 15 },
      target: { tempdir: "/tmp" },
      url: {
        bugzilla: "https://bugzilla.suse.com",
        testreports: "https://qam.suse.de/testreports",
        fancy_reports: "https://qam.suse.de/reports",
      },
      svn: { path: "svn+ssh://svn@qam.suse.de/testreports" },
      gitea: { token: "" },
      jobs: {
        max_active: 256,
        max_active_per_workspace: 16,
        keep_finished: 1000,
        keep_seconds: 604_800,
        output_bytes: 67_108_864,
        keep_output_bytes: 2_147_483_648,
        spool_bytes: 268_435_456,
      },
      mcp: { reply_bytes: 20_000 },
      daemon: { fanout: 64, log_level: "info" },
    },
  });
});

test("the user's file wins over the system's key by key, and sources tell which", () => {
  using at = home();
  writeFileSync(at.system, "lock:\n  wait: 10\n  wait_poll: 5\nmtui: {install_logs: logs}\n");
  writeFileSync(at.user, "lock:\n  wait: 20\n");
  const { config, files, sources } = at.load();
  expect(config.lock).toEqual({ reap_stale: true, stale_age: 86_400, wait: 20, wait_poll: 5 });
  expect(files).toEqual([at.system, at.user]);
  expect(sources).toEqual({
    "lock.wait": at.user,
    "lock.wait_poll": at.system,
    "mtui.install_logs": at.system,
  });
});

test("a named file is read alone, by option before MTUI_CONF", () => {
  using at = home();
  writeFileSync(at.user, "lock: {wait: 20}\n");
  const one = join(at.dir, "one.yaml");
  const two = join(at.dir, "two.yaml");
  writeFileSync(one, "lock: {wait: 1}\n");
  writeFileSync(two, "lock: {wait: 2}\n");
  expect(at.load({ env: { MTUI_CONF: "~/two.yaml" } })).toMatchObject({
    files: [two],
    config: { lock: { wait: 2 } },
  });
  expect(at.load({ config: one, env: { MTUI_CONF: two } })).toMatchObject({
    files: [one],
    config: { lock: { wait: 1 } },
  });
  expect(problemOf(() => at.load({ config: join(at.dir, "none.yaml") }))).toMatchObject({
    kind: "config.invalid",
    message: expect.stringContaining("none.yaml"),
  });
});

test("paths are meant from their file, ~ is home, words are flags, lists may be text", () => {
  using at = home();
  mkdirSync(join(at.dir, "certs"));
  writeFileSync(
    at.user,
    [
      "mtui: {template_dir: ../reports, ssl_verify: ~/certs}",
      "connection: {ssh_config: ~/ssh/config}",
      "refhosts: {resolvers: 'path, https', pool_select: no}",
      "lock: {reap_stale: Off}",
    ].join("\n"),
  );
  const { config } = at.load();
  expect(config.mtui.template_dir).toBe(join(at.dir, ".config/reports"));
  expect(config.mtui.ssl_verify).toBe(join(at.dir, "certs"));
  expect(config.connection.ssh_config).toBe(join(at.dir, "ssh/config"));
  expect(config.refhosts).toMatchObject({ resolvers: ["path", "https"], pool_select: false });
  expect(config.lock.reap_stale).toBe(false);
});

test("empty files and sections set nothing", () => {
  using at = home();
  writeFileSync(at.system, "# nothing\n");
  writeFileSync(at.user, "lock:\n");
  expect(at.load().sources).toEqual({});
});

test("TEMPLATE_DIR and GITEA_TOKEN are defaults that files beat", () => {
  using at = home();
  const env = { TEMPLATE_DIR: "/srv/reports", GITEA_TOKEN: "tok-123" };
  expect(at.load({ env })).toMatchObject({
    config: { mtui: { template_dir: "/srv/reports" }, gitea: { token: "tok-123" } },
    sources: { "mtui.template_dir": "$TEMPLATE_DIR", "gitea.token": "$GITEA_TOKEN" },
  });
  writeFileSync(at.user, "gitea: {token: other}\n");
  const { config } = at.load({ env });
  expect(config.gitea.token).toBe("other");
  expect(JSON.stringify(redactConfig(config))).not.toContain("other");
  expect(config.gitea.token).toBe("other");
});

test.each([
  {
    yaml: "lock:\n  wait: soon\n",
    line: 2,
    says: 'lock.wait must be a whole number of seconds, 0 or more, not "soon"',
  },
  {
    yaml: "lock:\n  wait: -1\n",
    line: 2,
    says: "lock.wait must be a whole number of seconds, 0 or more, not -1",
  },
  { yaml: "lock:\n  wait: 1.5\n", line: 2, says: "lock.wait must be" },
  {
    yaml: "lock:\n\n  wait_pol: 3\n",
    line: 3,
    says: "there is no key lock.wait_pol; did you mean lock.wait_poll?",
  },
  { yaml: "refhost: {}\n", line: 1, says: "there is no section refhost; did you mean refhosts?" },
  { yaml: "zzz: {}\n", line: 1, says: "there is no section zzz; known: mtui, connection, refhosts" },
  { yaml: "lock: 5\n", line: 1, says: "the section lock must be a mapping of reap_stale, stale_age" },
  { yaml: "- lock\n", line: 1, says: "the file must be a mapping of mtui" },
  {
    yaml: "refhosts:\n  resolvers: [ftp]\n",
    line: 2,
    says: "refhosts.resolvers must be a list of https, path",
  },
  { yaml: "refhosts:\n  https_uri: file:///etc/passwd\n", line: 2, says: "an http or https URL with a host" },
  { yaml: "mtui:\n  user: 'a:b'\n", line: 2, says: "without blanks and ':'" },
  { yaml: "mtui:\n  install_logs: ..\n", line: 2, says: "one directory name without '/'" },
  { yaml: "target:\n  tempdir: /tmp/$(id)\n", line: 2, says: "an absolute directory on the hosts" },
  { yaml: "mtui:\n  ssl_verify: /no/such.pem\n", line: 2, says: "which does not exist" },
  {
    yaml: "connection:\n  ssh_strict_host_key_checking: maybe\n",
    line: 2,
    says: "one of auto_add, warn, reject",
  },
  { yaml: "mtui:\n  connection_timeout: 5\n", line: 2, says: "it belongs to the section connection" },
  { yaml: "openqa:\n  openqa: x\n", line: 1, says: "openqa: this program does not ask openQA" },
  { yaml: "lock: {wait: 1}\nlock: {wait: 2}\n", line: 2, says: "unique" },
  { yaml: "lock: {wait: 1\n", line: 2, says: "" },
  { yaml: "daemon:\n  fanout: 0\n", line: 2, says: "a whole number from 1 to 1000, not 0" },
  { yaml: "lock: !!js/function 'x'\n", line: 1, says: "tag" },
])("$yaml is refused: $says", ({ yaml, line, says }) => {
  using at = home();
  writeFileSync(at.user, yaml);
  const error = problemOf(() => at.load());
  expect(error.kind).toBe("config.invalid");
  expect(error.message).toContain(`${at.user}:${line}: `);
  expect(error.message.toLowerCase()).toContain(says.toLowerCase());
  expect(error.hint).toContain(`line ${line}`);
});

test("all problems of a file come at once, and a secret is never among them", () => {
  using at = home();
  writeFileSync(at.user, "lock:\n  wait: x\n  stale_age: y\ngitea:\n  token: [hunter2]\n");
  const error = problemOf(() => at.load());
  expect(error.message).toContain("lock.wait must");
  expect(error.message).toContain("lock.stale_age must");
  expect(error.message).toContain("gitea.token must be text");
  expect(JSON.stringify(error.toReport())).not.toContain("hunter2");
});

test("a login name that does not fit into a lock file is an error, not a surprise there", () => {
  using at = home();
  expect(problemOf(() => at.load({ env: { LOGNAME: "a:b" } }))).toMatchObject({
    kind: "config.invalid",
    message: expect.stringContaining("mtui.user"),
  });
});

test("YAML that unfolds without end is refused", () => {
  using at = home();
  const lines = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i += 1)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  writeFileSync(at.user, `lock:\n  wait: 1\n  ${lines.join("\n  ")}\n`);
  expect(problemOf(() => at.load()).kind).toBe("config.invalid");
});

test("keys of mtui's own section mcp are read over, and each says what stands in its place", () => {
  using at = home();
  const former = {
    session_cap: 32,
    session_idle_timeout: 0,
    tool_profile: "core",
    tools_allow: "run, put",
    tools_deny: ["reboot"],
    max_output_bytes: -1,
  };
  const lines = Object.entries(former).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  writeFileSync(at.user, `mcp:\n${lines.join("")}  reply_bytes: 9000\n`);
  const { config, notices } = at.load();
  expect(config.mcp).toEqual({ reply_bytes: 9000 });
  expect(notices).toHaveLength(Object.keys(former).length);
  expect(notices[4]).toBe(`${at.user}:6: mcp.tools_deny is not used; start mtui-mcp with --deny`);
  writeFileSync(at.user, "mcp:\n  reply_bytes: 100\n  tool_profil: core\n");
  expect(problemOf(at.load).message).toMatch(
    /mcp\.reply_bytes must be a whole number from 2000 .*mcp\.tool_profil/s,
  );
});
