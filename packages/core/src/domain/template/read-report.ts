import type { Rrid } from "../rrid.ts";
import { templateInvalid } from "./invalid.ts";
import { issueTitles } from "./issue-titles.ts";
import { parseLog } from "./log-lines.ts";
import { type Metadata, parseMetadata } from "./metadata.ts";
import { parsePatchinfo } from "./patchinfo.ts";
import { repositoriesOfProject } from "./repositories-of-project.ts";
import { repositoriesOfSlfo } from "./repositories-of-slfo.ts";
import type { TestReport, UpdateRepository } from "./test-report.ts";

/** The texts of a template's files; `null` for one that is not there. */
export interface TemplateFiles {
  /** The request that was asked for. */
  readonly rrid: Rrid;
  readonly log: string;
  readonly metadata: string;
  readonly project: string | null;
  readonly patchinfo: string | null;
}

/**
 * Makes a test report of a template's files (docs/formats/rrid-and-template.md).
 * @throws MtuiError template.invalid, naming file and key
 */
export function readReport(files: TemplateFiles): TestReport {
  const log = parseLog(files.log);
  const metadata = parseMetadata(files.metadata);
  if (metadata.rrid.text !== files.rrid.text) {
    throw templateInvalid(
      { file: "metadata.json", key: "rrid" },
      `is ${metadata.rrid.text}, but the directory is that of ${files.rrid.text}`,
    );
  }
  const patchinfo = parsePatchinfo(files.patchinfo);
  const { repositories, warnings } = readRepositories(files, metadata);
  return {
    ...metadata,
    repositories,
    hosts: log.hosts,
    bugs: issueTitles(metadata.bugs, { log: log.bugs, patchinfo }),
    jira: issueTitles(metadata.jira, { log: log.jira, patchinfo }),
    warnings: [...log.warnings, ...missingFields(metadata, log.bugs.size), ...warnings],
  };
}

function readRepositories(
  { project }: TemplateFiles,
  metadata: Metadata,
): { repositories: UpdateRepository[]; warnings: string[] } {
  if (metadata.rrid.kind !== "Maintenance") return repositoriesOfSlfo(metadata.rrid, metadata);
  if (project === null) {
    throw templateInvalid({ file: "project.xml" }, "is missing, and a Maintenance request needs it");
  }
  if (metadata.repository !== null) return repositoriesOfProject(project, metadata.repository);
  return {
    repositories: [],
    warnings: ["metadata.json names no repository, so the update cannot be installed from this template"],
  };
}

/** What a complete template has; hosts can be driven without most of it, so this is a warning. */
function missingFields(metadata: Metadata, bugsInLog: number): string[] {
  const missing = Object.entries({
    bugs: metadata.bugs.length + bugsInLog === 0,
    category: metadata.category === null,
    id: metadata.realId === null,
    packager: metadata.packager === null,
    packages: Object.keys(metadata.packages).length === 0,
    products: metadata.products.length === 0,
    rating: metadata.rating === null,
    repository: metadata.repository === null,
    testplatform: metadata.testplatforms.length === 0,
  }).flatMap(([name, absent]) => (absent ? [name] : []));
  return missing.length === 0 ? [] : [`metadata.json does not say: ${missing.join(", ")}`];
}
