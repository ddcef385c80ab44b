import type { HostVerdict, SeenVersion } from "../verdict.ts";

/** What the report says of one host. */
export interface ReportedHost {
  readonly host: string;
  /** `sles-modules-15-SP6-x86_64` */
  readonly system: string;
  readonly verdict: HostVerdict;
  /** Why there is no verdict, where there is none: one sentence. */
  readonly reason: string | null;
  readonly packages: readonly {
    readonly name: string;
    readonly before: SeenVersion;
    readonly after: SeenVersion;
  }[];
  /** Name of its file among the install logs. */
  readonly logFile: string | null;
}

export interface ReportExport {
  readonly hosts: readonly ReportedHost[];
  /** Test targets for which there was no host. */
  readonly noHost: readonly { readonly slot: string; readonly reason: string }[];
  /** Where install logs are found by readers, without the file's name. */
  readonly logUrl: string;
  /** The last line; contains `## export MTUI:`. */
  readonly footer: string;
}
