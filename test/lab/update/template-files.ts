import { escapeXml } from "../text.ts";
import { type MadeUpdate, repositoryDirectory, type UpdateSpec } from "./update-spec.ts";

interface TemplateContext {
  spec: UpdateSpec;
  kind: string;
  incident: string;
  /** URL of the directory above the repositories. */
  repository: string;
}

/** The files of a template directory, by name. */
export function templateFiles(made: MadeUpdate, context: TemplateContext): Map<string, string> {
  const files = new Map([
    ["log", logText(made, context)],
    ["metadata.json", `${JSON.stringify(metadata(made, context), null, 2)}\n`],
  ]);
  if (context.kind === "Maintenance") {
    files.set("project.xml", projectXml(made, context));
    files.set("patchinfo.xml", patchinfoXml(context));
  }
  return files;
}

const packager = "packager@example.com";

function productLines(made: MadeUpdate): string[] {
  return made.targets.map((t) => `${t.product} ${t.version} (${t.archs.join(", ")})`);
}

function metadata(made: MadeUpdate, context: TemplateContext): Record<string, unknown> {
  const { spec, kind, incident, repository } = context;
  const maintenance = kind === "Maintenance";
  return {
    rrid: made.rrid,
    category: spec.category ?? "recommended",
    rating: spec.rating ?? "moderate",
    packager: spec.packager ?? packager,
    bugs: Object.keys(spec.bugs ?? {}),
    jira: Object.keys(spec.jira ?? {}),
    packages: Object.fromEntries(
      Object.entries(made.packages).map(([version, list]) => [
        version,
        Object.entries(list).map(([name, required]) => `${name} = ${required}`),
      ]),
    ),
    products: productLines(made),
    repository,
    testplatform: spec.testplatforms,
    ...(maintenance
      ? { SRCRPMs: ["lab"] }
      : { id: `SUSE-${kind}-${incident}`, repositories: made.repositories.map((r) => r.url) }),
    ...(kind === "SLFO" && incident !== "1.1" ? gitea(made.rrid) : {}),
    ...spec.metadata,
  };
}

function gitea(rrid: string): Record<string, string> {
  const number = rrid.split(":").at(-1) ?? "0";
  return {
    gitea_pr: `https://gitea.example.com/products/SLFO/pulls/${number}`,
    gitea_pr_api: `https://gitea.example.com/api/v1/repos/products/SLFO/pulls/${number}`,
    gitea_commit_hash: "0123456789abcdef0123456789abcdef01234567",
  };
}

function projectXml(made: MadeUpdate, context: TemplateContext): string {
  const entry = (r: MadeUpdate["repositories"][number], debug: boolean) => {
    const project = `SUSE:Updates:${r.product}:${r.version}:${r.arch}`;
    const name = `${repositoryDirectory(context.kind, r)}${debug ? "_DEBUG" : ""}`;
    return `  <repository name="${name}">
    <releasetarget project="${project}" repository="update${debug ? "_debug" : ""}" trigger="maintenance"/>
    <path project="${project}" repository="update"/>
    <arch>${r.arch}</arch>
  </repository>
`;
  };
  const entries = made.repositories.flatMap((r) => [entry(r, false), entry(r, true)]);
  return `<project name="SUSE:Maintenance:${context.incident}" kind="maintenance_incident">
  <title>Update of the lab</title>
  <description/>
${entries.join("")}</project>
`;
}

function patchinfoXml({ spec, incident }: TemplateContext): string {
  const issues = (tracker: string, titles: Record<string, string> | undefined) =>
    Object.entries(titles ?? {}).map(
      ([id, title]) => `  <issue tracker="${tracker}" id="${escapeXml(id)}">${escapeXml(title)}</issue>\n`,
    );
  return `<patchinfo incident="${incident}">
${[...issues("bnc", spec.bugs), ...issues("jsc", spec.jira)].join("")}  <category>${spec.category ?? "recommended"}</category>
  <rating>${spec.rating ?? "moderate"}</rating>
</patchinfo>
`;
}

function logText(made: MadeUpdate, { spec, repository }: TemplateContext): string {
  const bugs = Object.entries(spec.bugs ?? {});
  const jira = Object.entries(spec.jira ?? {});
  const references = [
    ...bugs.map(([id, title]) => `    * bsc#${id} (${title})`),
    ...jira.map(([id, title]) => `    * jsc#${id} (${title})`),
  ];
  const open = made.targets.flatMap((t) =>
    t.archs.map((arch) => ({ system: systemText(t, arch), host: "?" })),
  );
  const blocks = (spec.referenceHosts ?? open).map(
    ({ system, host }) =>
      `${system} (reference host: ${host})\n--------------\nbefore:\nafter:\n\n=> PASSED/FAILED\n\ncomment: (none)\n\n\n`,
  );
  const issues = [
    ...jira.map(([id, title]) =>
      issueBlock(`Jira ${id} ("${title}"):`, `https://jira.example.com/browse/${id}`),
    ),
    ...bugs.map(([id, title]) =>
      issueBlock(`Bug ${id} ("${title}"):`, `https://bugzilla.example.com/show_bug.cgi?id=${id}`),
    ),
  ];
  const packages = Object.entries(made.packages)
    .map(
      ([version, list]) =>
        `${version}(${Object.entries(list)
          .map(([n, v]) => `${n} = ${v}`)
          .join(", ")})`,
    )
    .join("; ");
  return `SUMMARY: PASSED/FAILED

comment: (none)

BUGS SUMMARY:
=============
=> references:
${references.join("\n")}

=> new bugs:

INSTALL TESTS SUMMARY:
======================

REGRESSION TEST SUMMARY:
========================
    For more details see "regression testing" below.

METADATA:
=========
Products: ${productLines(made).join(", ")}
Category: ${spec.category ?? "recommended"}
Rating: ${spec.rating ?? "moderate"}
Packager: ${spec.packager ?? packager}
Bugs: ${bugs.map(([id]) => id).join(", ")}
Jira: ${jira.map(([id]) => id).join(", ")}
ReviewRequestID: ${made.rrid}
Repository: ${repository}
PackageVer: ${packages}
SRCRPMs: lab
Suggested Test Plan Reviewers: #maintenance
${spec.testplatforms.map((line) => `Testplatform: ${line}\n`).join("")}
#############################
Test results by product-arch:
#############################

${blocks.join("")}
########################
notes for/by the tester:
########################

${issues.join("")}regression tests:
-----------------

(put your details here)

build log review:
-----------------

TEST_SUITE_PRESENT:    YES/NO

source code change review:
--------------------------
NEW_VERSION_OR_NEW_PACKAGE:    YES/NO
ALL_TRACKED_ISSUES_DOCUMENTED: YES/NO
HAS_UNTRACKED_CHANGES:         YES/NO

comment:
(none)

`;
}

function issueBlock(title: string, url: string): string {
  return `${title}
${"-".repeat(title.length)}

${url}

REPRODUCER_PRESENT: YES/NO
STATUS:             FIXED/NOT_FIXED/HYPOTHETICAL/NOT_REPRODUCIBLE/NO_ENVIRONMENT/TOO_COMPLEX/SKIPPED/OTHER

...

`;
}

/** How a report titles the block of a target. */
function systemText(target: { product: string; version: string }, arch: string): string {
  const base = target.product === "SL-Micro" ? "sl-micro" : "sles";
  return `${base}${target.product.includes("Module") ? "-modules" : ""}-${target.version}-${arch}`;
}
