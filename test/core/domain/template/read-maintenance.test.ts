import { metadataRows, metadataRowText, readReport } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";
import { maintenanceFiles, withMetadata } from "./sample-maintenance.ts";

const report = readReport(maintenanceFiles());
const BASE = "http://download.example.com/ibs/SUSE:/Maintenance:/4242";

describe("a Maintenance template", () => {
  it("gives packages, testplatforms and the report's own hosts", () => {
    expect(report.packages).toEqual({
      "12-SP5": { whittle: "3.1.0-8.12.1" },
      "15-SP6": { whittle: "3.4.1-150600.3.6.1", libwhit2: "3.4.1-150600.3.6.1" },
    });
    expect(report.testplatforms).toHaveLength(2);
    expect(report.hosts).toEqual(["teal.example.com"]);
    expect(report.rrid.text).toBe("SUSE:Maintenance:4242:868686");
  });

  it("gives each product of project.xml its repository, without debug and foreign ones", () => {
    expect(report.repositories).toEqual([
      {
        product: { name: "sle-module-basesystem", version: "15-SP6", arch: "x86_64" },
        url: `${BASE}/SUSE_Updates_SLE-Module-Basesystem_15-SP6_x86_64`,
      },
      {
        product: { name: "sle-module-basesystem", version: "15-SP6", arch: "aarch64" },
        url: `${BASE}/SUSE_Updates_SLE-Module-Basesystem_15-SP6_aarch64`,
      },
      {
        product: { name: "SLES-LTSS", version: "12-SP5", arch: "x86_64" },
        url: `${BASE}/SUSE_Updates_SLE-SERVER_12-SP5-LTSS_x86_64`,
      },
    ]);
  });

  it("takes titles from patchinfo, else from the report's text, which a bare id never erases", () => {
    expect(report.bugs).toEqual({
      "1777001": "whittled stops at an empty input line",
      "1777002": "VUL-0: CVE-2098-0007: whittle: overflow",
      "1777003": "Description not available",
      "1777009": "only the report knows this one",
    });
    expect(report.jira).toEqual({ "ABC-4711": "Offer whittle-extras everywhere" });
  });

  it("warns of what is missing and left out", () => {
    expect(report.warnings).toEqual([
      "metadata.json does not say: id",
      "project.xml: repository without_target names no product; left out",
    ]);
  });

  it("lists what it says of itself", () => {
    const rows = metadataRows(report, { reportsUrl: "https://qam.example.com/testreports/" });
    expect(rows.map(metadataRowText)).toEqual([
      "Bugs           : 1777001, 1777002, 1777003, 1777009",
      "Build checks   : https://qam.example.com/testreports/SUSE:Maintenance:4242:868686/build_checks",
      "Category       : security",
      "Jira           : ABC-4711",
      "Packager       : packager@example.com",
      "Packages       : libwhit2 whittle",
      "Products       : SLE-Module-Basesystem 15-SP6 (aarch64, x86_64)",
      "Products       : SLE-SERVER 12-SP5-LTSS (s390x, x86_64)",
      "Rating         : important",
      `Repository     : ${BASE}/`,
      "ReviewRequestID: SUSE:Maintenance:4242:868686",
      "Testplatform   : base=SLES(major=15,minor=SP6);arch=[aarch64,x86_64];addon=sle-module-basesystem(major=15,minor=SP6)",
      "Testplatform   : base=SLES-LTSS(major=12,minor=SP5);arch=[x86_64]",
      "Testreport     : https://qam.example.com/testreports/SUSE:Maintenance:4242:868686/log",
    ]);
  });

  it("needs no patchinfo, and does not mind a broken one", () => {
    for (const patchinfo of [null, "", "<patchinfo><issue id='1777001'>x</issue>"]) {
      expect(readReport(maintenanceFiles({ patchinfo })).bugs["1777001"]).toBe(
        "whittled stops at an empty line",
      );
    }
  });

  it("loads with next to nothing in it, and says what it lacks", () => {
    const metadata = JSON.stringify({ rrid: "SUSE:Maintenance:4242:868686", packages: null, bugs: null });
    const bare = readReport(maintenanceFiles({ metadata, log: "" }));
    expect(bare).toMatchObject({ packages: {}, testplatforms: [], repositories: [], bugs: {}, hosts: [] });
    expect(bare.warnings[0]).toBe(
      "metadata.json does not say: bugs, category, id, packager, packages, products, rating, repository, testplatform",
    );
    expect(bare.warnings[1]).toMatch(/cannot be installed/);
  });

  it("is not fooled by host names in the text that are none", () => {
    const log = [
      "a (reference host: good.example.com:2222)",
      "a (reference host: good.example.com:2222) again)",
      "a (reference host: -oProxyCommand=x)",
      "a (reference host: host?)",
      "(reference host: nothing.before.it)",
    ].join("\r\n");
    const { hosts, warnings } = readReport(maintenanceFiles({ log }));
    expect(hosts).toEqual(["good.example.com:2222"]);
    expect(warnings[0]).toMatch(/-oProxyCommand/);
  });

  it("takes an architecture off a version", () => {
    const { packages } = readReport(
      withMetadata({ packages: { "15": ["a = 1-2.x86_64", "b = 1-2.noarch", "c = 1-2.x"] } }),
    );
    expect(packages["15"]).toEqual({ a: "1-2", b: "1-2", c: "1-2.x" });
  });
});
