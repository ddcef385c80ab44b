import type { Prompt } from "@modelcontextprotocol/server";

export interface PromptEntry {
  /** As it is listed. */
  readonly shown: Prompt;
  /** What the person says by choosing it; `rrids` are checked names and nothing else. */
  readonly text: (rrids: readonly string[]) => string;
}

const RRIDS = {
  name: "rrids",
  description: "One or more RRIDs, with spaces between: SUSE:Maintenance:31337:298765",
  required: true,
};

/** What people choose from a menu of their client, in the place of words of their own. */
export const PROMPTS: readonly PromptEntry[] = [
  {
    shown: {
      name: "validate",
      title: "Validate updates",
      description: "Test updates on reference hosts and write their reports",
      arguments: [RRIDS],
    },
    text: (rrids) =>
      [
        `Validate these maintenance updates: ${rrids.join(" ")}`,
        "Call validate with all of them and background=true, then job_wait until all have finished, then job_result of each.",
        "For each that is not PASSED, find out why before you judge: the result names host and package, job_result output=true and show_log have what was printed, list_queue says why a host was not free.",
        "End with one line for each update: verdict, hosts, and the reason where it is not PASSED. Do not start an update again without asking me.",
      ].join("\n"),
  },
  {
    shown: {
      name: "review",
      title: "Finish reports",
      description: "Look at the results of updates and complete their reports",
      arguments: [RRIDS],
    },
    text: (rrids) =>
      [
        `Finish the test reports of these maintenance updates: ${rrids.join(" ")}`,
        "For each: load_template into a workspace of its own unless list_workspaces shows it loaded, list_bugs, testreport_read and testreport_logs.",
        "Answer the questions that the install logs settle with testreport_fill and testreport_patch, with expect_hash of what you read. Leave open what nobody has tested, and say so.",
        "End with what you wrote and what is left for a person.",
      ].join("\n"),
  },
];
