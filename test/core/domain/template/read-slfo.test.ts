import { metadataRows, parseRrid, readReport } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";

const BASE = "http://download.example.com/ibs/SUSE:/SLFO:/1.2:/PullRequest:/815:/SLES/";
const METADATA = {
  id: "SUSE-SLFO-815",
  rrid: "SUSE:SLFO:1.2:815",
  category: "recommended",
  rating: "moderate",
  packager: "packager@example.com",
  bugs: ["1777100"],
  jira: [],
  packages: { standard: ["gizmod = 6.0.3-160000.2.1", "libgizmo5 = 6.0.3-160000.2.1"] },
  products: ["SLES 16.0 (aarch64, x86_64)", "SLES-SAP 16.0 (x86_64)", "SL-Micro 6.1 (x86_64)"],
  repository: BASE,
  repositories: ["SLES-16.0-x86_64", "SLES-16.0-aarch64", "SLES-SAP-16.0-x86_64", "SL-Micro-6.1-x86_64"].map(
    (name) => `${BASE}product/repo/${name}/`,
  ),
  testplatform: ["base=SLES(major=16,minor=0);arch=[aarch64,x86_64]"],
  gitea_pr: "https://gitea.example.com/products/SLFO/pulls/815",
  gitea_pr_api: "https://gitea.example.com/api/v1/repos/products/SLFO/pulls/815",
  gitea_commit_hash: "0123456789abcdef0123456789abcdef01234567",
};

function read(change: Record<string, unknown> = {}, log = "") {
  const metadata = { ...METADATA, ...change };
  return readReport({
    rrid: parseRrid(metadata.rrid),
    log,
    metadata: JSON.stringify(metadata),
    project: null,
    patchinfo: null,
  });
}
const found = (change: Record<string, unknown>) =>
  read(change).repositories.map(
    ({ product, url }) => `${product.name} ${product.version} ${product.arch} ${url.replace(BASE, "/")}`,
  );

describe("an SLFO template", () => {
  it("needs no XML; each product and architecture gets the URL that names it", () => {
    expect(found({})).toEqual([
      "SLES 16.0 aarch64 /product/repo/SLES-16.0-aarch64/",
      "SLES 16.0 x86_64 /product/repo/SLES-16.0-x86_64/",
      "SLES_SAP 16.0 x86_64 /product/repo/SLES-SAP-16.0-x86_64/",
      "SL-Micro 6.1 x86_64 /product/repo/SL-Micro-6.1-x86_64/",
    ]);
    expect(read().warnings).toEqual([]);
  });

  it("prefers a directory of exactly that name, wherever it stands in the list", () => {
    const repositories = [
      `${BASE}X-SLES-16.0-x86_64/`,
      `${BASE}SLES-16.0-x86_64/`,
      `${BASE}SLES-16.0-x86_64-more/`,
    ];
    expect(found({ products: ["SLES 16.0 (x86_64)"], repositories })).toEqual([
      "SLES 16.0 x86_64 /SLES-16.0-x86_64/",
    ]);
    expect(found({ products: ["SLES 16.0 (x86_64)"], repositories: repositories.slice(2) })).toEqual([
      "SLES 16.0 x86_64 /SLES-16.0-x86_64-more/",
    ]);
  });

  it("without a list the repository tells them: incident 1.1 by product", () => {
    expect(
      found({ rrid: "SUSE:SLFO:1.1:815", repositories: null, products: ["SLES-HA 16.0 (x86_64)"] }),
    ).toEqual(["sle-ha 16.0 x86_64 /images/repo/SLES-HA-16.0-x86_64/"]);
  });

  it("and any other incident all in one", () => {
    expect(
      found({ rrid: "SUSE:SLFO:git:815", repositories: [], products: ["SLES 16.0 (aarch64, x86_64)"] }),
    ).toEqual(["SLES 16.0 aarch64 /standard", "SLES 16.0 x86_64 /standard"]);
  });

  it("says which product has no repository", () => {
    const report = read({ products: ["SLES 16.0 (s390x)"] });
    expect(report.repositories).toEqual([]);
    expect(report.warnings).toEqual(["metadata.json: no repository for SLES 16.0 s390x"]);
    expect(
      read({ repositories: [], repository: null, products: ["SLES 16.0 (s390x)"] }).warnings.join(),
    ).toMatch(/no repository for/);
  });

  it("knows titles from the report's text though the metadata has the bare id", () => {
    expect(read().bugs).toEqual({ "1777100": "Description not available" });
    expect(read({}, 'Bug 1777100 ("gizmod leaks"):\n').bugs).toEqual({ "1777100": "gizmod leaks" });
  });

  it("lists its pull request, id and repositories", () => {
    const rows = metadataRows(read(), { reportsUrl: "https://qam.example.com/testreports" });
    expect(rows.filter((row) => row.name === "Repo").map((row) => row.value)).toEqual(
      [...METADATA.repositories].sort(),
    );
    expect(rows).toContainEqual({ name: "Real ID", value: "SUSE-SLFO-815" });
    expect(rows).toContainEqual({ name: "Gitea PR", value: METADATA.gitea_pr });
    expect(rows.map((row) => row.name)).not.toContain("Jira");
  });

  it.each([
    "SLES 16.0",
    "SLES (x86_64)",
    "SLES 16.0 ()",
    "SLES  16.0 (x86_64)",
    "SLES 16.0 (x86_64,aarch64)",
    "SLES $(id) (x86_64)",
    "../SLES 16.0 (x86_64)",
  ])("refuses the product %j", (product) => {
    expect(() => read({ products: ["SLES 16.0 (x86_64)", product] })).toThrow(
      expect.objectContaining({ kind: "template.invalid", message: expect.stringContaining("products[1]") }),
    );
  });

  it("takes the first two words of a product with more", () => {
    expect(found({ products: ["SLES 16.0 LTSS (x86_64)"] })).toEqual([
      "SLES 16.0 x86_64 /product/repo/SLES-16.0-x86_64/",
    ]);
  });
});

describe("a PI template", () => {
  it("uses its list alone", () => {
    const pi = { rrid: "SUSE:PI:16.0:5150", gitea_pr: null, gitea_pr_api: null, gitea_commit_hash: null };
    expect(found(pi)).toHaveLength(4);
    expect(found({ ...pi, repositories: [] })).toEqual([]);
    expect(read({ ...pi, repositories: [] }).warnings).toHaveLength(4);
  });
});
