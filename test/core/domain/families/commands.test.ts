import { describe, expect, it } from "vitest";
import { commandLine, FAMILIES, familyOf, repositoryAlias, repositorySuffix } from "@mtui/core/domain";

const rrid = { incident: 31337, review: 298765 };
const alias = repositoryAlias({ name: "sle-module-basesystem", version: "15-SP6", arch: "x86_64" }, rrid);
const url =
  "http://download.example.com/ibs/SUSE:/Maintenance:/31337/SUSE_Updates_SLE-Module-Basesystem_15-SP6_x86_64";
const plain = { force: false, testing: false };

describe.each(["11", "12", "15", "16"] as const)("SLE %s", (key) => {
  const family = FAMILIES[key];
  const rows: [string, { command: string; changes: boolean }, string, boolean][] = [
    ["install", family.install(["a", "b"]), "zypper -n in -y -l a b", true],
    ["uninstall", family.uninstall(["a"]), "zypper -n rm a", true],
    ["prepare", family.prepare(["a", "b"], plain), "zypper -n in -y -l a b", true],
    [
      "prepare, forced",
      family.prepare(["a"], { force: true, testing: false }),
      "zypper -n in -y -l --force-resolution a",
      true,
    ],
    [
      "versions",
      family.versions(["a", "b"]),
      "rpm -q --queryformat '%{NAME} %{VERSION}-%{RELEASE}\\n' a b",
      false,
    ],
    ["patches", family.patches!.list(), "zypper -n patches", false],
    ["install patches", family.patches!.install(["P-1", "P-2"]), "zypper -n in -l -y -t patch P-1 P-2", true],
    ["offers", family.offers!(["a"]), "zypper -n se -s --match-exact -t package a", false],
    ["repositories", family.repositories!.list(), "zypper -n lr -puU", false],
    ["refresh", family.repositories!.refresh(), "zypper -n ref", true],
    ["remove repository", family.repositories!.remove(alias), `zypper -n rr ${alias}`, true],
    [
      "add, Maintenance",
      family.repositories!.add({ alias, url, kind: "Maintenance" }),
      `zypper -n ar -ckn ${alias} ${url} ${alias}`,
      true,
    ],
    [
      "add, SLFO",
      family.repositories!.add({ alias, url, kind: "SLFO" }),
      `zypper -n ar -cfGkn ${alias} ${url} ${alias}`,
      true,
    ],
    [
      "add, PI",
      family.repositories!.add({ alias, url, kind: "PI" }),
      `zypper -n ar -cfGkn ${alias} ${url} ${alias}`,
      true,
    ],
  ];
  it.each(rows)("%s", (_name, step, command, changes) => {
    expect(step).toMatchObject({ command, changes });
  });

  it("downgrades one package a step", () => {
    const steps = family.downgrade!([
      { name: "a", version: "1-1" },
      { name: "b", version: "1:2~rc1-3" },
    ]);
    expect(steps.map(({ command }) => command)).toEqual([
      "zypper -n in -C --force-resolution --oldpackage -y a=1-1",
      "zypper -n in -C --force-resolution --oldpackage -y 'b=1:2~rc1-3'",
    ]);
  });

  it("fixes the language of what it parses", () => {
    expect(family.patches!.list().line).toBe("LC_ALL=C LANG=C zypper -n patches");
  });
});

describe("SL Micro", () => {
  const family = FAMILIES.slmicro;
  it.each([
    ["install", family.install(["a"]), "transactional-update -n pkg install a"],
    ["uninstall", family.uninstall(["a"]), "transactional-update -n pkg remove a"],
    ["prepare", family.prepare(["a", "b"], plain), "transactional-update -n pkg in -l a b"],
    [
      "prepare, forced",
      family.prepare(["a"], { force: true, testing: false }),
      "transactional-update -n pkg in -l --force-resolution a",
    ],
    [
      "install patches",
      family.patches!.install(["P-1"]),
      "transactional-update -n pkg in -l -y -t patch P-1",
    ],
    [
      "refresh",
      family.repositories!.refresh(),
      "transactional-update --continue --non-interactive run zypper --gpg-auto-import-keys -n ref",
    ],
    [
      "add",
      family.repositories!.add({ alias, url, kind: "SLFO" }),
      `zypper -n ar -cfGkn ${alias} ${url} ${alias}`,
    ],
  ])("%s", (_name, step, command) => {
    expect(step.command).toBe(command);
  });

  it("downgrades all in one call, for one snapshot", () => {
    const steps = family.downgrade!([
      { name: "a", version: "1-1" },
      { name: "b", version: "2-1" },
    ]);
    expect(steps.map(({ command }) => command)).toEqual([
      "transactional-update -n pkg in --force-resolution --oldpackage -y a=1-1 b=2-1",
    ]);
    expect(family.rebootAfterChange).toBe(true);
  });
});

describe("RHEL", () => {
  it("prepares without testing repositories unless asked", () => {
    expect(FAMILIES.YUM.prepare(["a"], plain).command).toBe("yum -y '--disablerepo=*testing*' install a");
    expect(FAMILIES.YUM.prepare(["a"], { force: false, testing: true }).command).toBe("yum -y install a");
    expect(FAMILIES.YUM.updatePackages!(["a"]).command).toBe("yum -y update a");
  });
});

describe("what may reach a shell", () => {
  const family = FAMILIES["15"];
  it.each([["-y"], ["a b"], ["a;reboot"], ["$(reboot)"], ["a\nb"], [""], ["../x"], ["`id`"]])(
    "refuses the package %j",
    (name) => {
      expect(() => family.install([name])).toThrow(expect.objectContaining({ kind: "params.invalid" }));
    },
  );
  it.each([["P 1"], ["-t"], ["P;1"], [""]])("refuses the patch %j", (name) => {
    expect(() => family.patches!.install([name])).toThrow(
      expect.objectContaining({ kind: "params.invalid" }),
    );
  });
  it.each([["-e"], ["a\nb"], [""], [" a"]])("refuses the alias %j of a host", (name) => {
    expect(() => family.repositories!.remove(name)).toThrow(
      expect.objectContaining({ kind: "params.invalid" }),
    );
  });
  it("quotes a host's alias that is merely strange", () => {
    expect(family.repositories!.remove("issue-a'; reboot #").command).toBe(
      "zypper -n rr 'issue-a'\\''; reboot #'",
    );
  });
  it.each([["file:///etc"], ["http://a b/"], ["http://u:p@h/x"], ["http://h/$(id)"], ["--help"]])(
    "refuses the URL %j",
    (bad) => {
      expect(() => family.repositories!.add({ alias, url: bad, kind: "PI" })).toThrow(
        expect.objectContaining({ kind: "params.invalid" }),
      );
    },
  );
  it("refuses an empty list and an empty version", () => {
    expect(() => family.install([])).toThrow(expect.objectContaining({ kind: "params.invalid" }));
    expect(() => family.downgrade!([{ name: "a", version: "" }])).toThrow(
      expect.objectContaining({ kind: "params.invalid" }),
    );
  });
});

describe("command line of words", () => {
  it.each([
    [["true"], "true"],
    [["a", "|", "b"], "a '|' b"],
    [["sh", "-c", "a | b"], "sh -c 'a | b'"],
    [["A=1", "b"], "'A=1' b"],
    [["ls", "~root", "--x=~"], "ls '~root' '--x=~'"],
    [["echo", "it's", ""], "echo 'it'\\''s' ''"],
  ])("%j", (words, line) => {
    expect(commandLine(words)).toBe(line);
  });
  it("refuses NUL, nothing and what no host takes", () => {
    for (const words of [["a\0b"], [], [""], ["x".repeat(200_000)]]) {
      expect(() => commandLine(words)).toThrow(expect.objectContaining({ kind: "params.invalid" }));
    }
  });
});

describe("family of a host", () => {
  it("is an error with a way out where there is none", () => {
    const facts = { release: null, transactional: true, system: "sles-15-SP6-x86_64" };
    expect(() => familyOf(facts)).toThrow(
      expect.objectContaining({ kind: "host.unsupported", hint: expect.stringContaining("run") }),
    );
  });
  it("knows the end of its request's repositories", () => {
    expect(alias).toBe("issue-sle-module-basesystem:15-SP6:p=31337:298765");
    expect(repositorySuffix({ incident: "1.1", review: 5 })).toBe(":p=1.1:5");
  });
});
