import { parseRrid, type TemplateFiles } from "@mtui/core/domain";

const log = `SUMMARY: PASSED/FAILED

comment: (none)

METADATA:
=========
Products: ignored 15-SP6 (x86_64)
Testplatform: base=IGNORED(major=1);arch=[x86_64]

#############################
Test results by product-arch:
#############################

sles-modules-15-SP6-x86_64 (reference host: ?)
--------------
before:
after:

=> PASSED/FAILED

comment: (none)

sles-modules-12-SP5-x86_64 (reference host: teal.example.com)
--------------
before:
after:

########################
notes for/by the tester:
########################

Jira ABC-4711 ("Offer whittle-extras everywhere"):
--------------------------------------------------

Bug 1777001 ("whittled stops at an empty line"):
------------------------------------------------

Bug 1777009 ("only the report knows this one"):
-----------------------------------------------
`;

export const MAINTENANCE_METADATA = {
  SRCRPMs: ["whittle"],
  bugs: ["1777001", "1777002", 1777003],
  category: "security",
  jira: ["ABC-4711"],
  packager: "packager@example.com",
  packages: {
    "12-SP5": ["whittle = 3.1.0-8.12.1"],
    "15-SP6": ["whittle = 3.4.1-150600.3.6.1", "libwhit2 = 3.4.1-150600.3.6.1"],
  },
  products: ["SLE-Module-Basesystem 15-SP6 (aarch64, x86_64)", "SLE-SERVER 12-SP5-LTSS (s390x, x86_64)"],
  rating: "important",
  repository: "http://download.example.com/ibs/SUSE:/Maintenance:/4242/",
  rrid: "SUSE:Maintenance:4242:868686",
  testplatform: [
    "base=SLES(major=15,minor=SP6);arch=[aarch64,x86_64];addon=sle-module-basesystem(major=15,minor=SP6)",
    "base=SLES-LTSS(major=12,minor=SP5);arch=[x86_64]",
  ],
};

const repository = (product: string, arch: string, extra = "") => `
  <repository name="SUSE_Updates_${product.replaceAll(":", "_")}_${arch}${extra}">
    <releasetarget project="SUSE:Updates:${product}:${arch}" repository="update" trigger="maintenance"/>
    <releasetarget project="Some:Other:Thing:1:x" repository="other"/>
    <path project="SUSE:Updates:${product}:${arch}" repository="update"/>
    <arch>${arch}</arch>
  </repository>`;

const project = `<project name="SUSE:Maintenance:4242" kind="maintenance_incident">
  <title>Update for whittle</title>
  <description/>
  ${repository("SLE-Module-Basesystem:15-SP6", "x86_64")}
  ${repository("SLE-Module-Basesystem:15-SP6", "aarch64")}
  ${repository("SLE-Module-Basesystem:15-SP6", "x86_64", "_DEBUG")}
  ${repository("SLE-SERVER:12-SP5-LTSS", "x86_64")}
  <repository name="standard"><path project="SUSE:Build" repository="standard"/></repository>
  <repository name="without_target"><path project="SUSE:Build" repository="update"/></repository>
</project>
`;

const patchinfo = `<patchinfo incident="4242">
  <issue tracker="bnc" id="1777001"> whittled stops at an empty input line </issue>
  <issue tracker="bnc" id="1777002">VUL-0: CVE-2098-0007: whittle: overflow</issue>
  <issue tracker="bnc" id="5">nobody asked for this one</issue>
  <issue tracker="jsc" id="ABC-4711"></issue>
  <category>security</category>
</patchinfo>
`;

/** A Maintenance template with every file. */
export function maintenanceFiles(change: Partial<TemplateFiles> = {}): TemplateFiles {
  const metadata = JSON.stringify(MAINTENANCE_METADATA);
  return { rrid: parseRrid(MAINTENANCE_METADATA.rrid), log, metadata, project, patchinfo, ...change };
}

/** The same with other values in its metadata; `undefined` removes a key. */
export function withMetadata(change: Record<string, unknown>): TemplateFiles {
  return maintenanceFiles({ metadata: JSON.stringify({ ...MAINTENANCE_METADATA, ...change }) });
}
