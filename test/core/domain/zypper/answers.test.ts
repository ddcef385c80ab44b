import { describe, expect, it } from "vitest";
import {
  highestOffers,
  parseInstalled,
  parseOffers,
  parsePatches,
  parseRepositories,
  patchesOf,
  searchedEverything,
} from "@mtui/core/domain";

/* Texts of zypper 1.14 and rpm 4, as they wrote them. */

const ALIAS = "issue-sle-module-basesystem:15-SP6:p=31337:298765";
const REPOSITORIES = `# | Alias                                             | Name                                              | Enabled | GPG Check | Refresh | Priority | URI
--+---------------------------------------------------+---------------------------------------------------+---------+-----------+---------+----------+---------------------
1 | base                                              | base                                              | Yes     | ( p) Yes  | No      |   99     | dir:/tmp/zs/repo
3 | ${ALIAS} | ${ALIAS} | No      | ( p) Yes  | No      |   99     | http://h/upd?x=a|b

`;
const PATCHES = `Loading repository data...
Reading installed packages...
Repository                                        | Name                                     | Category | Severity  | Interactive | Status  | Since      | Summary
--------------------------------------------------+------------------------------------------+----------+-----------+-------------+---------+------------+--------------
${ALIAS} | SUSE-SLE-Module-Basesystem-15-SP6-2099-1 | security | important | ---         | needed  |            | Update | frob
issue-x:15-SP6:p=131337:298765 | OTHER-1 | security | important | ---         | applied | 2026-11-22 | Other
${ALIAS}-more | OTHER-2 | security | important | ---         | needed | 2026-11-22 | Other
`;
const OFFERS = `Loading repository data...
Reading installed packages...

S  | Name       | Type    | Version            | Arch   | Repository
---+------------+---------+--------------------+--------+------------------
i+ | frobnicate | package | 2.4.1-150600.3.6.1 | noarch | (System Packages)
v  | frobnicate | package | 2.4.0-1            | noarch | base
v  | frobnicate | package | 2.4.0-10           | noarch | base
   | libfrob3   | package | 1:2.4.0-1          | noarch | base
   | frobnicate | srcpackage | 9-1             | noarch | base
`;

describe("zypper's tables", () => {
  it("gives repositories, whole even with a | in the last cell", () => {
    expect(parseRepositories(REPOSITORIES)).toEqual([
      { alias: "base", name: "base", enabled: true, url: "dir:/tmp/zs/repo" },
      { alias: ALIAS, name: ALIAS, enabled: false, url: "http://h/upd?x=a | b" },
    ]);
  });
  it("gives the patches of one request, by its whole suffix", () => {
    const rows = parsePatches(PATCHES);
    expect(rows?.map(({ name, status }) => [name, status])).toEqual([
      ["SUSE-SLE-Module-Basesystem-15-SP6-2099-1", "needed"],
      ["OTHER-1", "applied"],
      ["OTHER-2", "needed"],
    ]);
    expect(patchesOf(rows ?? [], ":p=31337:298765").map(({ name }) => name)).toEqual([
      "SUSE-SLE-Module-Basesystem-15-SP6-2099-1",
    ]);
  });
  it("knows the first column of the oldest zypper", () => {
    const old =
      "Catalog | Name | Version | Category | Status\n---+---+---+---+---\nissue-a:11:p=1:2 | slessp4-x | 1 | security | Needed\n";
    expect(parsePatches(old)).toEqual([
      { repository: "issue-a:11:p=1:2", name: "slessp4-x", status: "needed" },
    ]);
  });
  it("gives what repositories offer, not what merely is installed", () => {
    const rows = parseOffers(OFFERS);
    expect(rows?.length).toBe(3);
    expect([...highestOffers(rows ?? [])]).toEqual([
      ["frobnicate", "2.4.0-10"],
      ["libfrob3", "1:2.4.0-1"],
    ]);
  });
  it.each([[""], ["No needed patches found.\n"], ["a | b\nc | d\n"], ["--+--\n"]])(
    "finds no table in %j",
    (text) => {
      expect(parsePatches(text)).toBeNull();
      expect(parseRepositories(text)).toBeNull();
      expect(parseOffers(text)).toBeNull();
    },
  );
  it("does not take a skipped repository's silence for an answer", () => {
    expect(searchedEverything({ exit: 104, stderr: "" })).toBe(true);
    expect(searchedEverything({ exit: 106, stderr: "" })).toBe(false);
    const stderr = "Some of the repositories have not been refreshed because of an error.\n";
    expect(searchedEverything({ exit: 104, stderr })).toBe(false);
  });
});

describe("rpm's answer", () => {
  const asked = ["frobnicate", "libfrob3"];
  it("has a version or an absence for every package", () => {
    const read = parseInstalled("frobnicate 2.4.0-1\npackage libfrob3 is not installed\n", asked);
    expect(read).toEqual({
      versions: new Map([
        ["frobnicate", "2.4.0-1"],
        ["libfrob3", null],
      ]),
    });
  });
  it("counts the highest of several", () => {
    const read = parseInstalled("frobnicate 2.4.0-9\nfrobnicate 2.4.0-10\nfrobnicate 2.4.0-1\n", [
      "frobnicate",
    ]);
    expect(read).toEqual({ versions: new Map([["frobnicate", "2.4.0-10"]]) });
  });
  it.each([
    ["nothing", ""],
    ["half an answer", "frobnicate 2.4.0-1\n"],
    ["another language", "frobnicate 2.4.0-1\nPaket libfrob3 ist nicht installiert\n"],
    ["an error", "error: cannot open Packages database\n"],
    ["no release", "frobnicate 2.4.0\nlibfrob3 1-1\n"],
  ])("is unusable with %s", (_name, text) => {
    expect(parseInstalled(text, asked)).toHaveProperty("problem");
  });
});
