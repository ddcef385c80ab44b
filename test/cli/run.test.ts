import { expect, test } from "vitest";
import type { HostResult } from "@mtui/core/registry";
import { mtuictl } from "./support/cli.ts";
import { ended, job, lost, ran } from "./support/samples.ts";

function scriptOf(hosts: HostResult[]) {
  const done = job();
  return {
    run: { job: job({ state: "running" }), result: null },
    job_follow: ended([done]),
    job_result: { job: done, result: { hosts, warnings: [] }, error: null },
  };
}

test.each([
  [
    ["run", "uname", "-a"],
    ["uname", "-a"],
  ],
  [
    ["run", "--", "uname", "-a"],
    ["uname", "-a"],
  ],
  [
    ["run", "--json", "--", "sh", "-c", "echo 'a  b' | wc", "--", "x y"],
    ["sh", "-c", "echo 'a  b' | wc", "--", "x y"],
  ],
  [
    ["run", "rpm", "--json", "-t", "host"],
    ["rpm", "--json", "-t", "host"],
  ],
  [["run", "--", "--version"], ["--version"]],
  [
    ["run", "printf", ""],
    ["printf", ""],
  ],
])("%j sends the words as they are", async (argv, command) => {
  const { daemon } = await mtuictl(argv, { script: scriptOf([ran("a")]) });
  expect(daemon.calls[0]).toEqual({ method: "run", params: { command, background: true } });
});

test("an option that is not ours before the command is refused, not passed on", async () => {
  const { code, dialled } = await mtuictl(["run", "-l", "ls"], {});
  expect({ code, dialled }).toEqual({ code: 2, dialled: [] });
});

test("equal output is shown once, failures first with their exit code", async () => {
  const hosts = [
    ran("a", { stdout: "one\ntwo\n" }),
    ran("b", { stderr: "boom\n", exit: 3 }),
    ran("c", { stdout: "one\ntwo\n" }),
    lost("d"),
    ran("e", { stdout: "other", dropped: 2048 }),
  ];
  const { code, out } = await mtuictl(["run", "true"], { script: scriptOf(hosts) });
  expect(out).toBe(`b: failed (exit 3)
-- stderr --
boom

d: lost
host.lost: The connection broke. (Look at the host.)

a,c (2):
one
two

e:
other
-- 2.0 KiB of output not kept --

5 hosts: 3 ok, 2 not ok
`);
  expect(code).toBe(1);
});

test("--diff shows where hosts differ from the majority", async () => {
  const hosts = [
    ran("a", { stdout: "x\ny\nz\n" }),
    ran("b", { stdout: "x\nY\nz\n" }),
    ran("c", { stdout: "x\ny\nz\n" }),
  ];
  const { code, out } = await mtuictl(["run", "--diff", "cat", "f"], { script: scriptOf(hosts) });
  expect(out).toBe(`a,c (2): the majority

b:
- y
+ Y

3 hosts: 3 ok
`);
  expect(code).toBe(0);
});

test("--diff of hosts without a majority does not speak of one", async () => {
  const hosts = [ran("a", { stdout: "x\n" }), ran("b", { stdout: "y\n" })];
  const { out } = await mtuictl(["run", "--diff", "cat", "f"], { script: scriptOf(hosts) });
  expect(out).toBe("a (1): the others are compared with it\n\nb:\n- x\n+ y\n\n2 hosts: 2 ok\n");
});

test("--diff of one host says that there is nothing to compare, and shows what it said", async () => {
  const { out } = await mtuictl(["run", "--diff", "cat", "f"], {
    script: scriptOf([ran("a", { stdout: "x\n" })]),
  });
  expect(out).toBe("One host alone: there is nothing to compare it with.\na:\nx\n\n1 host: 1 ok\n");
});

test("--diff of hosts that say the same says so; how they failed is shown all the same", async () => {
  const same = [ran("a", { stdout: "x\n" }), ran("b", { stdout: "x\n" })];
  const { out } = await mtuictl(["run", "--diff", "cat", "f"], { script: scriptOf(same) });
  expect(out).toBe("a,b (2): no difference\n\n2 hosts: 2 ok\n");
  const bad = ["a", "b"].map((host) => ran(host, { stderr: "no f\n", exit: 3 }));
  const { out: failed } = await mtuictl(["run", "--diff", "cat", "f"], { script: scriptOf(bad) });
  expect(failed).toContain("a,b (2): failed (exit 3) no difference\n-- stderr --\nno f\n");
});

test("who gave a whole line as a program is told how, for the same workspace", async () => {
  const hosts = [{ ...ran("a", { stderr: "not found\n", exit: 127 }) }];
  for (const each of hosts) for (const command of each.commands) command.command = "'ls | wc'";
  const view = job({ state: "done", workspace: "demo" });
  const script = {
    run: { job: view, result: null },
    job_follow: ended([view]),
    job_result: { job: view, result: { hosts, warnings: [] }, error: null },
  };
  const { out } = await mtuictl(["run", "-w", "demo", "ls | wc"], { script });
  expect(out).toContain("for one: mtuictl run -w demo -- sh -c '...')");
});

test("a host that is still at work is neither ok nor not ok", async () => {
  const { out } = await mtuictl(["run", "x"], {
    script: scriptOf([ran("a"), { ...ran("b"), state: "running" as const, exit: null }]),
  });
  expect(out).toContain("2 hosts: 1 ok, 1 running\n");
});

test("output of hosts cannot steer the terminal", async () => {
  const { out } = await mtuictl(["run", "evil"], {
    script: scriptOf([ran("a\u001b[2J", { stdout: "\u001b]0;title\u0007\u001b[31mred\u001b[0m\rover\b\n" })]),
  });
  expect(out).toBe("a:\nred\nover\n\n1 host: 1 ok\n");
});

test("--json is the reply of the registry, escaped and otherwise untouched", async () => {
  const { out, err } = await mtuictl(["run", "--json", "x"], {
    script: scriptOf([ran("a", { stdout: "\u001b[31m\u009b\u202e" })]),
  });
  expect(out).toContain('"stdout": "\\u001b[31m\\u009b\\u202e"');
  expect(JSON.parse(out)).toEqual({
    job: job(),
    result: { hosts: [ran("a", { stdout: "\u001b[31m\u009b\u202e" })], warnings: [] },
  });
  expect(err).toBe("");
});

test("--background answers with the job and follows nothing", async () => {
  const { code, out, err, daemon } = await mtuictl(["run", "--background", "x"], { script: scriptOf([]) });
  expect({ code, out, err }).toEqual({
    code: 0,
    out: "run-1: started (run true)\n",
    err: "Follow: mtuictl job follow run-1\n",
  });
  expect(daemon.calls.map((call) => call.method)).toEqual(["run"]);
});

test("a failed command is told once, by its output; the error does not point to what was just shown", async () => {
  const failed = job({ state: "failed" });
  const host = ran("a", { stderr: "boom\n", exit: 3 });
  const exited = { kind: "operation.failed", message: "exit 3.", retryable: false } as const;
  const error = { ...exited, message: "1 of 1.", hint: "job result" };
  const { out, err } = await mtuictl(["run", "x"], {
    script: {
      run: { job: failed, result: null },
      job_follow: ended([failed]),
      job_result: { job: failed, result: { hosts: [{ ...host, error: exited }], warnings: [] }, error },
    },
  });
  expect(out).toBe("a: failed (exit 3)\n-- stderr --\nboom\n\n1 host: 0 ok, 1 not ok\n");
  expect(err).toBe(" ERR  operation.failed  1 of 1.\n");
});

test.each([
  ["'echo $PATH; ls'", true],
  ["nosuch 'a b'", false],
  ["'my prog'", true],
])("%s not found: is the shell missed? %s", async (command, hinted) => {
  const host = ran("a", { exit: 127 });
  const commands = host.commands.map((record) => ({ ...record, command }));
  const { out } = await mtuictl(["run", "x"], { script: scriptOf([{ ...host, commands }]) });
  expect(out.includes("mtuictl run -- sh -c")).toBe(hinted);
});

test("a result without any host is no silence", async () => {
  const { out } = await mtuictl(["run", "x"], { script: scriptOf([]) });
  expect(out).toBe("0 hosts: 0 ok\n");
});
