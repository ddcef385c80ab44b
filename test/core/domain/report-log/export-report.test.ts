import { describe, expect, it } from "vitest";
import { exportReport, installLogText, type ReportedHost, type ReportExport } from "@mtui/core/domain";

const FOOTER = "## export MTUI:0.1.0 by alice";

const TEMPLATE = `SUMMARY: PASSED/FAILED

comment: (none)

#############################
Test results by product-arch:
#############################

sles-modules-15-SP6-x86_64 (reference host: ?)
--------------
before:
after:

=> PASSED/FAILED

comment: (none)


sles-12-SP5-x86_64 (reference host: blue.example.com)
--------------
      before:
      after:

=> PASSED/FAILED

comment: (none)


########################
notes for/by the tester:
########################

regression tests:
-----------------

(put your details here)
...
...

build log review:
-----------------

source code change review:
--------------------------
HAS_UNTRACKED_CHANGES:         YES/NO

comment:
(none)

`;

function host(overrides: Partial<ReportedHost> = {}): ReportedHost {
  return {
    host: "ant.example.com",
    system: "sles-modules-15-SP6-x86_64",
    verdict: "PASSED",
    reason: null,
    packages: [
      { name: "frob", before: "1.0-1", after: "1.1-1" },
      { name: "frob-devel", before: null, after: null },
    ],
    logFile: "ant.example.com.log",
    ...overrides,
  };
}

function results(overrides: Partial<ReportExport> = {}): ReportExport {
  return {
    hosts: [host()],
    noHost: [],
    logUrl: "https://qam.example.com/testreports/SUSE:Maintenance:1:2/install_logs",
    footer: FOOTER,
    ...overrides,
  };
}

const PASSED_BLOCK = `sles-modules-15-SP6-x86_64 (reference host: ant.example.com)
--------------
before:
	frob-1.0-1
	package frob-devel is not installed
after:
	frob-1.1-1
	package frob-devel is not installed

=> PASSED

comment: (none)
`;

describe("export into a report", () => {
  it("fills the open block of the host's system and touches nothing else", () => {
    const { text, warnings } = exportReport(TEMPLATE, results());
    expect(warnings).toEqual([]);
    const block = TEMPLATE.slice(TEMPLATE.indexOf("sles-modules"), TEMPLATE.indexOf("\n\nsles-12"));
    const expected = `${TEMPLATE.replace(block, PASSED_BLOCK.trimEnd() + "\n").trimEnd()}

Links for update logs:

https://qam.example.com/testreports/SUSE:Maintenance:1:2/install_logs/ant.example.com.log

${FOOTER}
`;
    expect(text).toBe(expected);
  });

  it("gives the same text for the same results", () => {
    const data = results({
      hosts: [
        host(),
        host({ host: "bee", verdict: "LOST", reason: "the connection ended", logFile: null }),
        host({ host: "blue.example.com", system: "sles-12-SP5-x86_64", verdict: "FAILED" }),
        host({ host: "new", system: "sles-16.0-x86_64", verdict: "NOT_TESTED", reason: "already there" }),
      ],
      noHost: [{ slot: "SLES-15-SP6 s390x", reason: "no host has arch s390x" }],
    });
    const once = exportReport(TEMPLATE, data).text;
    expect(exportReport(once, data)).toEqual({ text: once, warnings: [] });
    expect(once.match(/reference host: ant\.example\.com/g)?.length).toBe(1);
    expect(once.match(/\(mtui\) no host: /g)?.length).toBe(1);
  });

  it("fills the verdict for PASSED and FAILED alone and says why elsewhere", () => {
    const of = (overrides: Partial<ReportedHost>) =>
      exportReport(TEMPLATE, results({ hosts: [host(overrides)] })).text;
    expect(of({ verdict: "FAILED" })).toContain("\n=> FAILED\n\ncomment:");
    expect(of({ verdict: "LOST", reason: "the connection ended" })).toContain(
      "\n=> PASSED/FAILED\n(mtui) not filled in: the host was lost: the connection ended\n\ncomment:",
    );
    expect(of({ verdict: "NOT_TESTED", reason: null })).toContain(
      "\n=> PASSED/FAILED\n(mtui) not filled in: not tested\n",
    );
  });

  it("keeps a verdict that stands there and says so when it differs", () => {
    const first = exportReport(TEMPLATE, results({ hosts: [host({ verdict: "FAILED" })] })).text;
    const second = exportReport(first, results());
    expect(second.text).toContain("=> FAILED\n(mtui) the last run says PASSED");
    expect(second.warnings).toEqual([expect.stringContaining("ant.example.com")]);
    const third = exportReport(second.text, results({ hosts: [host({ verdict: "FAILED" })] }));
    expect(third.text).toBe(first);
  });

  it("replaces a package's own line and not that of one with a longer name", () => {
    const first = exportReport(TEMPLATE, results()).text;
    const packages = [{ name: "frob", before: "0.9-1", after: undefined }];
    const { text } = exportReport(first, results({ hosts: [host({ packages })] }));
    expect(text).toContain(
      "before:\n\tfrob-0.9-1\n\tpackage frob-devel is not installed\nafter:\n\tpackage frob: version unknown\n",
    );
  });

  it("finds titles that are indented", () => {
    const blue = host({ host: "blue.example.com", system: "sles-12-SP5-x86_64" });
    expect(exportReport(TEMPLATE, results({ hosts: [blue] })).text).toContain(
      "blue.example.com)\n--------------\n      before:\n\tfrob-1.0-1\n",
    );
  });

  it("adds blocks for hosts that have none, in their order, below the section's title", () => {
    const { text } = exportReport(
      TEMPLATE,
      results({ hosts: [host({ host: "one", system: "x" }), host({ host: "two", system: "x" })] }),
    );
    const at = (needle: string) => text.indexOf(needle);
    expect(at("product-arch:")).toBeLessThan(at("x (reference host: one)"));
    expect(at("x (reference host: one)")).toBeLessThan(at("x (reference host: two)"));
    expect(at("x (reference host: two)")).toBeLessThan(at("sles-modules-15-SP6-x86_64 (reference host: ?)"));
    expect(text.match(/=> PASSED\n/g)?.length).toBe(2);
  });

  it("notes test targets without a host, and takes the note back when there is one", () => {
    const none = exportReport(TEMPLATE, results({ noHost: [{ slot: "SLES s390x", reason: "nobody" }] })).text;
    expect(none).toContain(
      "#############################\n(mtui) no host: SLES s390x: nobody\n\nsles-modules",
    );
    expect(exportReport(none, results()).text).toBe(exportReport(TEMPLATE, results()).text);
  });

  it("drops the result lines of earlier runs, in its own block", () => {
    const stale = TEMPLATE.replace("after:\n\n=>", "after:\n  zypper : SUCCEEDED\n  x : FAILED\n\n=>");
    expect(exportReport(stale, results()).text).toBe(exportReport(TEMPLATE, results()).text);
  });

  it("makes the section where a report has none, with a warning", () => {
    const { text, warnings } = exportReport("SUMMARY: PASSED/FAILED\n", results());
    expect(warnings.length).toBe(1);
    expect(text).toContain("Test results by product-arch:");
    expect(exportReport(text, results())).toEqual({ text, warnings: [] });
  });

  it("puts back lost before: and after: titles", () => {
    const bare =
      "Test results by product-arch:\n####\n\nx (reference host: h)\n-----\n\n=> PASSED/FAILED\n\ncomment: (none)\n";
    const { text } = exportReport(bare, results({ hosts: [host({ host: "h", system: "x" })] }));
    expect(text).toContain(
      "-----\nbefore:\n\tfrob-1.0-1\n\tpackage frob-devel is not installed\nafter:\n\tfrob-1.1-1\n",
    );
  });

  it("keeps earlier footers, other links and the kind of line ends", () => {
    const old = `${TEMPLATE}Links for update logs:\n\nhttps://x/old.log\n\n## export MTUI:19.0.1 by bob\n`;
    const { text } = exportReport(old.replaceAll("\n", "\r\n"), results());
    const plain = text.replaceAll("\r\n", "\n");
    expect(plain).not.toContain("\r");
    expect(text).not.toMatch(/[^\r]\n/);
    expect(plain).toContain("https://x/old.log\nhttps://qam.example.com/");
    expect(plain.endsWith(`\n\n## export MTUI:19.0.1 by bob\n${FOOTER}\n`)).toBe(true);
  });

  it("lets no text from a host pass for a line of the report", () => {
    const reason = "x\n=> PASSED/FAILED\ncomment: y (reference host: z)\u001b[2J";
    const { text } = exportReport(TEMPLATE, results({ hosts: [host({ verdict: "LOST", reason })] }));
    const line = text.split("\n").find((each) => each.startsWith("(mtui)"));
    expect(line).toBe(
      "(mtui) not filled in: the host was lost: x => PASSED or FAILED comment: y (host z)?[2J",
    );
  });
});

describe("install log", () => {
  const done = { exit: 0, state: "ok", stderr: "", stdout: "" };
  it("has the package commands with their output, and how a failed one ended", () => {
    const text = installLogText("ant", [
      { ...done, command: "zypper -n ref", stdout: "refreshed\n" },
      { ...done, command: "rpm -q a", stdout: "a 1-1\n" },
      { ...done, command: "transactional-update -n pkg in -l a" },
      {
        ...done,
        command: "zypper -n in -t patch P",
        state: "failed",
        exit: 8,
        stdout: "\u001b[1mout\u0007\r\n",
        stderr: "Error: x\n",
      },
      { ...done, command: "zypper -n lr", state: "lost", exit: null },
    ]);
    expect(text).toBe(
      "log from ant:\n# zypper -n ref\nrefreshed\n# transactional-update -n pkg in -l a\n" +
        "# zypper -n in -t patch P\nout\n# exit 8\nError: x\n# zypper -n lr\n# lost\n",
    );
  });
});
