import { MtuiError } from "../../protocol/errors.ts";
import type { Rrid } from "../rrid.ts";
import type { TestReport } from "./test-report.ts";

/** The texts of a template's files; `null` for one that is not there. */
export interface TemplateFiles {
  /** The request that was asked for. */
  readonly rrid: Rrid;
  readonly log: string;
  readonly metadata: string;
  readonly project: string | null;
  readonly patchinfo: string | null;
}

export function readReport(files: TemplateFiles): TestReport {
  throw new MtuiError("template.invalid", `not there yet: ${files.rrid.text}`);
}
