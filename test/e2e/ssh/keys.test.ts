import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { HostConnector, HostConnectorOptions } from "../../../packages/daemon/src/hosts/index.ts";
import { type Lab, startLab, waitUntil } from "../../lab/index.ts";
import { connectorFor, openHost, stdoutOf, withoutLab } from "./support/open.ts";

describe.skipIf(withoutLab)("host keys, own keys and jumps", () => {
  let lab: Lab;
  let dir: string;
  let knownHosts: string;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "a" }, { name: "b" }, { name: "c" }], knownHosts: "empty" });
  });
  afterAll(async () => await lab[Symbol.asyncDispose]());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "mtui-keys-"));
    knownHosts = join(dir, "ssh", "known_hosts");
    return () => rmSync(dir, { recursive: true, force: true });
  });

  /** A connector with an ssh_config of its own: the given lines for every host, then how to reach each. */
  function connector(
    lines: string[],
    ssh: Partial<HostConnectorOptions["ssh"]> = {},
    logged?: string[],
  ): HostConnector {
    const hosts = lab.hosts.map(
      (each) => `Host ${each.name}\n  HostName ${each.address}\n  Port ${each.port}\n`,
    );
    const common = ["Host *", "  GlobalKnownHostsFile /dev/null", `  UserKnownHostsFile ${knownHosts}`, ""];
    writeFileSync(join(dir, "config"), [...lines, ...hosts, ...common].join("\n"));
    return connectorFor(lab, {
      ssh: {
        configFile: join(dir, "config"),
        strictHostKeyChecking: "auto_add",
        connectTimeoutSeconds: 10,
        authSock: () => undefined,
        ...ssh,
      },
      ...(logged === undefined ? {} : { logged }),
    });
  }

  const identity = (): string[] => ["Host *", `  IdentityFile ${lab.files.identity}`, "  IdentitiesOnly yes"];

  async function works(from: HostConnector, name: string): Promise<void> {
    await using session = await openHost(from, name);
    expect(stdoutOf(await session.query("uname -n"))).toBe(`${name}\n`);
  }

  test("first contact is remembered once, in a new file that is ours alone; the user is root by default", async () => {
    const from = connector(identity());
    expect(await from.resolve("a")).toMatchObject({
      user: "root",
      key: `${lab.host("a").address}:${lab.host("a").port}`,
    });
    await Promise.all(["a", "b", "c", "a", "b", "c"].map(async (name) => await works(from, name)));
    const lines = readFileSync(knownHosts, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(statSync(knownHosts).mode & 0o777).toBe(0o600);
    for (const each of lab.hosts) expect(lines.join("\n")).toContain(each.hostKey);
    await works(from, "a");
  });

  test("a known host with another key, or a key of another type, is refused and the file stays", async () => {
    const { address, port } = lab.host("a");
    const name = port === 22 ? address : `[${address}]:${port}`;
    for (const type of ["ed25519", "rsa"]) {
      execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-f", join(dir, type)]);
      const key = readFileSync(join(dir, `${type}.pub`), "utf8")
        .split(" ")
        .slice(0, 2)
        .join(" ");
      const text = `${name} ${key}\n`;
      writeFileSync(join(dir, "known"), text);
      const from = connector([...identity(), `  UserKnownHostsFile ${join(dir, "known")}`]);
      await expect(openHost(from, "a")).rejects.toMatchObject({
        kind: "host.key",
        hint: expect.stringContaining("ssh-keygen -R"),
        data: { reason: type === "rsa" ? "otherType" : "changed" },
      });
      expect(readFileSync(join(dir, "known"), "utf8")).toBe(text);
    }
  });

  test.each([
    ["the configuration", [], "reject" as const],
    ["ssh_config", ["  StrictHostKeyChecking yes"], "auto_add" as const],
  ])("%s may refuse unknown hosts", async (_name, lines, strictHostKeyChecking) => {
    const from = connector([...identity(), ...lines], { strictHostKeyChecking });
    await expect(openHost(from, "a")).rejects.toMatchObject({
      kind: "host.key",
      hint: expect.stringContaining("ssh "),
    });
    await expect(from.probe("a")).rejects.toMatchObject({ kind: "host.key" });
  });

  test("no accepted key: host.auth, naming the command to try", async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, "wrong")]);
    const from = connector(["Host *", `  IdentityFile ${join(dir, "wrong")}`, "  IdentitiesOnly yes"]);
    const port = lab.host("a").port === 22 ? "" : `-p ${lab.host("a").port} `;
    await expect(openHost(from, "a")).rejects.toMatchObject({
      kind: "host.auth",
      hint: expect.stringContaining(`ssh ${port}root@a`),
    });
  });

  test("an encrypted key file is skipped with a warning that says what to do", async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "secret", "-f", join(dir, "locked")]);
    const logged: string[] = [];
    const from = connector(
      ["Host *", `  IdentityFile ${join(dir, "locked")}`, `  IdentityFile ${lab.files.identity}`],
      {},
      logged,
    );
    await works(from, "a");
    expect(logged.join("\n")).toMatch(/locked is not used: it is encrypted/);
  });

  test("a well filled agent gets in, because the key that ssh_config names is offered first", async () => {
    const socket = join(dir, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      await waitUntil(() => statSync(socket, { throwIfNoEntry: false }), { for: "the agent" });
      for (let i = 0; i < 8; i += 1) {
        execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, `k${i}`)]);
        execFileSync("ssh-add", ["-q", join(dir, `k${i}`)], {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
          stdio: "ignore",
        });
      }
      execFileSync("ssh-add", ["-q", lab.files.identity], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: "ignore",
      });
      const publicKey = execFileSync("ssh-keygen", ["-y", "-f", lab.files.identity]);
      writeFileSync(join(dir, "only.pub"), publicKey);
      await works(
        connector(["Host *", `  IdentityFile ${join(dir, "only")}`], { authSock: () => socket }),
        "a",
      );
      await works(
        connector([
          "Host *",
          `  IdentityAgent ${socket}`,
          `  IdentityFile ${join(dir, "only")}`,
          "  IdentitiesOnly yes",
        ]),
        "b",
      );
      const without = connector(["Host *", "  IdentityAgent none", "  IdentityFile none"], {
        authSock: () => socket,
      });
      await expect(openHost(without, "a")).rejects.toMatchObject({ kind: "host.auth" });
    } finally {
      agent.kill();
      await once(agent, "exit");
    }
  });

  test("ProxyJump, nested, each hop by its own configuration; a circle is refused", async () => {
    const from = connector(["Host c", "  ProxyJump b", "Host b", "  ProxyJump root@a", ...identity()]);
    await works(from, "c");
    const peers = await lab.host("c").must("cat /proc/net/tcp | wc -l");
    expect(Number(peers)).toBeGreaterThan(0);
    await lab.host("a").wire({ refuse: true });
    await expect(openHost(from, "c")).rejects.toMatchObject({ kind: "host.unreachable" });
    await lab.host("a").wire({});
    await lab.host("c").wire({ refuse: true });
    await expect(openHost(from, "c")).rejects.toMatchObject({
      kind: "host.unreachable",
      message: expect.stringContaining("b"),
    });
    await lab.host("c").wire({});
    const circle = connector(["Host b", "  ProxyJump c", "Host c", "  ProxyJump b", ...identity()]);
    await expect(openHost(circle, "c")).rejects.toMatchObject({ kind: "host.unsupported" });
  });

  test("names with ports, and names that are none", async () => {
    const from = connector(identity());
    const { address, port } = lab.host("a");
    const named = await from.resolve("a");
    expect((await from.resolve(`${address}:${port}`)).key).toBe(named.key);
    for (const bad of ["-oProxyCommand=id", "a b", "a:0", "a:70000", "root@a", "", "a;id"]) {
      await expect(from.resolve(bad)).rejects.toMatchObject({ kind: "host.unknown" });
    }
  });

  test("a changed ssh_config is seen; a broken one says why", async () => {
    const from = connector(identity());
    const before = await from.resolve("a");
    connector([...identity(), "  Port 4444"]);
    expect(await from.resolve("a")).toMatchObject({ port: 4444, hostName: before.hostName });
    connector(["NoSuchKeyword x", ...identity()]);
    await expect(from.resolve("a")).rejects.toMatchObject({
      kind: "config.invalid",
      message: expect.stringContaining("nosuchkeyword"),
    });
  });
});
