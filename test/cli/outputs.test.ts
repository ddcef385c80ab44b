import { describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import type { ResultOf } from "@mtui/core/registry";
import { mtuictl } from "./support/cli.ts";
import type { Script } from "./support/fake-daemon.ts";
import { NOW } from "./support/fake-io.ts";
import { ended, job, lost, ran, SLOT } from "./support/samples.ts";

async function output(argv: string[], script: Script): Promise<string> {
  return (await mtuictl(argv, { script })).out;
}

const refhosts: ResultOf<"list_refhosts">["hosts"] = [
  {
    name: "one.example",
    arch: "x86_64",
    product: "SLES",
    version: "15-SP6",
    addons: ["basesystem", "lp"],
    slot: null,
  },
  { name: "two.example", arch: "s390x", product: "SLES", version: "", addons: [], slot: null },
];

describe("list-refhosts", () => {
  test("the table that testers know", async () => {
    expect(await output(["list-refhosts"], { list_refhosts: { hosts: refhosts, warnings: [] } })).toBe(
      `one.example                        SLES 15-SP6            x86_64
two.example                        SLES                   s390x

2 refhost(s)
`,
    );
  });

  test("with addons and locks", async () => {
    const hosts = refhosts.map((host) => ({
      ...host,
      lock: "pool-locked" as const,
      lock_text: "bob\u001b[5m",
    }));
    expect(
      await output(["list-refhosts", "-v", "--free"], {
        list_refhosts: { hosts, warnings: ["one row dropped"] },
      }),
    ).toBe(
      `one.example                        SLES 15-SP6            x86_64   pool-locked (bob)      basesystem,lp
two.example                        SLES                   s390x    pool-locked (bob)

2 refhost(s)
warning: one row dropped
`,
    );
  });

  test("grouped by slot, sorted", async () => {
    const hosts = refhosts.map((host, index) => ({
      ...host,
      slot: index === 0 ? "SLES-15-SP6 x86_64" : "SLES- s390x",
    }));
    expect(await output(["list-refhosts", "--pool"], { list_refhosts: { hosts, warnings: [] } })).toBe(
      `== SLES- s390x ==
  two.example                        SLES                   s390x
== SLES-15-SP6 x86_64 ==
  one.example                        SLES 15-SP6            x86_64

2 refhost(s)
`,
    );
  });

  test("none", async () => {
    expect(await output(["list-refhosts", "-n", "x*"], { list_refhosts: { hosts: [], warnings: [] } })).toBe(
      "no refhosts match\n",
    );
  });
});

const hostView = {
  host: "a.example",
  key: "a.example:22",
  system: "SLES 15-SP6 x86_64",
  transactional: false,
  connected: true,
  slots: [SLOT],
  claim: "c1",
  since: NOW,
  warnings: ["clock is off"],
};

test("list-hosts", async () => {
  const hosts = [hostView, { ...hostView, host: "b", connected: false, transactional: true, warnings: [] }];
  expect(await output(["list-hosts"], { list_hosts: { hosts } })).toBe(
    `host       state      system              kind           test target
a.example  connected  SLES 15-SP6 x86_64  standard       SLES 15-SP6 x86_64
b          lost       SLES 15-SP6 x86_64  transactional  SLES 15-SP6 x86_64
a.example: warning: clock is off
`,
  );
  expect(await output(["list-hosts"], { list_hosts: { hosts: [] } })).toBe(
    "No hosts. Claim some: mtuictl add-host, or mtuictl add-host -t HOST\n",
  );
});

test("list-locks", async () => {
  const lock = {
    host: "a",
    kind: "operation",
    user: "bob",
    pid: 12,
    comment: "mtui run\r\u001b[8m-",
    since: 1,
    age: 7200,
    stale: true,
    text: null,
    state: "foreign",
    daemon: null,
    workspace: null,
    rrid: null,
    operation: null,
  } as const;
  const free = {
    ...lock,
    kind: "pool",
    user: null,
    pid: null,
    comment: null,
    age: null,
    stale: false,
    state: "free",
  } as const;
  const ours = {
    ...lock,
    kind: "pool",
    user: "me",
    comment: "mtui pool SUSE:Maintenance:1:2 [w] d=0f n=1e",
    age: 3,
    stale: false,
    state: "ours",
    daemon: "this",
    workspace: "w",
    rrid: "SUSE:Maintenance:1:2",
  } as const;
  expect(await output(["list-locks"], { list_locks: { locks: [lock, free, ours] } })).toBe(
    `host  lock       state    owner         workspace  update                age            comment
a     operation  foreign  bob (pid 12)  -          -                     2:00:00 stale  mtui run -
a     pool       free     -             -          -                     -
a     pool       ours     me (pid 12)   w          SUSE:Maintenance:1:2  3.0 s          mtui pool SUSE:Maintenance:1:2 [w]
`,
  );
});

test("list-packages: versions, and a host that could not be asked is a failure", async () => {
  const hosts: ResultOf<"list_packages">["hosts"] = [
    {
      host: "a",
      packages: [{ name: "bash", installed: "5-1", required: "5-2", state: "update needed" }],
      error: null,
    },
    { host: "b", packages: [], error: "rpm is broken" },
  ];
  const { out, code } = await mtuictl(["list-packages"], { script: { list_packages: { hosts } } });
  expect(out).toBe(`host  package        installed  required  state
a     bash           5-1        5-2       update needed
b     rpm is broken
`);
  expect(code).toBe(1);
});

test("job list and status", async () => {
  const view = job({
    state: "running",
    step: "zypper",
    hosts: { a: { state: "failed", exit: 8, step: "in", message: "no" } },
  });
  expect(await output(["job", "list"], { job_list: { jobs: [view] } })).toBe(
    `job    state    time   workspace  command
run-1  running  3.0 s  default    run true
`,
  );
  expect(await output(["job", "status", "run-1"], { job_status: view })).toBe(
    `run-1: running (3.0 s)  run true
  workspace default, asked for 5.0 s ago
  step: zypper
  a: failed (exit 8)  in: no
`,
  );
  expect(await output(["job", "list"], { job_list: { jobs: [] } })).toBe("No jobs.\n");
});

test("job wait: time over is busy, a failed job is a failure", async () => {
  const wait = (finished: boolean, state: "done" | "failed") =>
    mtuictl(["job", "wait", "run-1"], { script: { job_wait: { finished, jobs: [job({ state })] } } });
  expect((await wait(false, "done")).code).toBe(4);
  expect((await wait(true, "failed")).code).toBe(1);
  expect((await wait(true, "done")).code).toBe(0);
});

test("job result answers as the foreground command would have", async () => {
  const result = { hosts: [ran("a", { stdout: "hi\n" }), lost("b")], warnings: [] };
  const { out, code } = await mtuictl(["job", "result", "run-1"], {
    script: { job_result: { job: job(), result, error: null } },
  });
  expect(out).toContain("a:\nhi\n");
  expect(code).toBe(1);
});

test("job follow --json: one reply a line", async () => {
  const { out, code } = await mtuictl(["job", "follow", "run-1", "--json"], {
    script: {
      job_follow: ended([job()]),
      job_result: { job: job(), result: { hosts: [], warnings: [] }, error: null },
    },
  });
  expect(out).toBe(`${JSON.stringify(ended([job()]))}\n`);
  expect(code).toBe(0);
});

test("load-template", async () => {
  const report = {
    workspace: "default",
    rrid: "SUSE:Maintenance:1:2",
    path: "/t/log",
    products: ["SLES 15-SP6 (x86_64)"],
    testplatforms: ["base=SLES(major=15)"],
    packages: { "15-SP6": { bash: "5-2", zsh: "1-1" } },
    repositories: [{ product: "SLES", version: "15-SP6", arch: "x86_64", url: "http://r/x" }],
    metadata: [{ name: "Category", value: "recommended" }],
    warnings: ["unverified"],
  };
  expect(await output(["load-template", "SUSE:Maintenance:1:2"], { load_template: report })).toBe(
    `SUSE:Maintenance:1:2 in workspace default
  Category:  recommended
  packages for 15-SP6:
    bash  5-2
    zsh   1-1
  repository for SLES 15-SP6 x86_64: http://r/x
  report: /t/log
warning: unverified
`,
  );
});

test("update: a host on which nothing was tested says why, and how to go back", async () => {
  const there = { name: "bash", required: "2", before: "2", after: "2", verdict: "NOT_TESTED" as const };
  const absent = { ...there, name: "zsh", before: null, after: null, note: "not available" };
  const hosts = [
    { ...ran("a"), verdict: "NOT_TESTED" as const, packages: [there] },
    { ...ran("b"), verdict: "NOT_TESTED" as const, packages: [there, absent] },
  ];
  const view = job({ id: "update-1", operation: "update", workspace: "demo" });
  const { out } = await mtuictl(["update", "--progress", "none"], {
    script: {
      update: { job: view, result: null },
      job_follow: ended([view]),
      job_result: { job: view, result: { hosts, warnings: [] }, error: null },
    },
  });
  expect(out).toContain(
    "a is NOT_TESTED: the update was installed there before\n" +
      "b is NOT_TESTED: bash: installed there before; zsh: not available in any enabled repository\n" +
      "mtuictl downgrade -w demo -t a takes it back; then update again.\n",
  );
});

test("update: evidence, verdicts and the table", async () => {
  const bad = ran("b", { stdout: "Problem: nothing provides x\n", exit: 4 });
  const result = {
    hosts: [
      {
        ...ran("a"),
        verdict: "PASSED" as const,
        packages: [{ name: "bash", required: "2", before: "1", after: "2", verdict: "PASSED" as const }],
      },
      { ...bad, verdict: "FAILED" as const, packages: [] },
    ],
    warnings: [],
  };
  const view = job({ id: "update-1", operation: "update" });
  const { out, code } = await mtuictl(["update", "--progress", "none"], {
    script: {
      update: { job: view, result: null },
      job_follow: ended([view]),
      job_result: { job: view, result, error: null },
    },
  });
  expect(out).toBe(`a (SLES 15-SP6 x86_64): ok
  ok  true  0.2 s
  verdict: PASSED
b (SLES 15-SP6 x86_64): failed (exit 4)
  failed (exit 4)  true  0.2 s
    Problem: nothing provides x
  verdict: FAILED

host  package  before  required  after  verdict
a     bash     1       2         2      PASSED
`);
  expect(code).toBe(1);
});

test("a job that failed without a result: its error, its exit code", async () => {
  const error = {
    kind: "host.busy",
    message: "All are taken.",
    hint: "Wait: --wait 600",
    retryable: true,
  } as const;
  const view = job({ id: "add_host-1", operation: "add_host", state: "failed", error });
  const script = {
    add_host: { job: view, result: null },
    job_follow: ended([view]),
    job_result: { job: view, result: null, error },
  };
  const plain = await mtuictl(["add-host"], { script });
  expect(plain).toMatchObject({
    code: 4,
    out: "",
    err: " ERR  host.busy  All are taken.\n      Wait: --wait 600\n",
  });
  const json = await mtuictl(["add-host", "--json"], { script });
  expect(json.code).toBe(4);
  expect(JSON.parse(json.out)).toEqual({ error, job: view });
});

test("a job whose result says nothing still gets a line", async () => {
  const view = job({ operation: "reboot", id: "reboot-1" });
  const script = {
    reboot: { job: view, result: null },
    job_follow: ended([view]),
    job_result: { job: view, result: null, error: null },
  };
  expect(await output(["reboot"], script)).toBe("reboot-1: done\n");
});

describe("errors", () => {
  const failing: Script = {
    list_hosts: () => {
      throw new MtuiError("workspace.unknown", "There is no workspace x\u001b[31m.", {
        hint: "mtuictl list-workspaces",
        data: { workspace: "x" },
      });
    },
  };

  test("for people: kind and message, then what to do, on standard error", async () => {
    expect(await mtuictl(["list-hosts"], { script: failing })).toMatchObject({
      code: 3,
      out: "",
      err: " ERR  workspace.unknown  There is no workspace x.\n      mtuictl list-workspaces\n",
    });
  });

  test("with --json: an object on standard output", async () => {
    const { code, out, err } = await mtuictl(["list-hosts", "--json"], { script: failing });
    expect({ code, err }).toEqual({ code: 3, err: "" });
    expect(JSON.parse(out)).toEqual({
      error: {
        kind: "workspace.unknown",
        message: "There is no workspace x\u001b[31m.",
        hint: "mtuictl list-workspaces",
        retryable: false,
        data: { workspace: "x" },
      },
    });
  });

  test("no daemon: exit 5; status starts none", async () => {
    const { code, dialled } = await mtuictl(["daemon", "status"], { down: true });
    expect({ code, dialled }).toEqual({ code: 5, dialled: [{ start: false, config: undefined }] });
    expect((await mtuictl(["daemon", "start"], { down: true })).dialled).toEqual([
      { start: true, config: undefined },
    ]);
  });
});

test("what could not be released, and locks of others, are no success", async () => {
  const code = async (argv: string[], script: Script) => (await mtuictl(argv, { script })).code;
  const unreleased = { released: [], unreleased: [{ host: "a", reason: "unreachable" }] };
  expect(await code(["remove-host"], { remove_host: unreleased })).toBe(1);
  expect(
    await code(["close-workspace", "w"], {
      close_workspace: { ...unreleased, workspace: "w", cancelled_jobs: [] },
    }),
  ).toBe(1);
  const unlock = (state: "foreign" | "error" | "released") => ({
    unlock: { hosts: [{ host: "a", state, was: null }] },
  });
  expect(await code(["unlock"], unlock("foreign"))).toBe(4);
  expect(await code(["unlock"], unlock("error"))).toBe(1);
  expect(await code(["unlock"], unlock("released"))).toBe(0);
  expect(
    await code(["job", "cancel", "x"], {
      job_cancel: { job: job(), cancelled: false, message: "It had ended." },
    }),
  ).toBe(1);
});
