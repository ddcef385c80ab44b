import type { Resource, ResourceTemplateType } from "@modelcontextprotocol/server";
import { oneLine } from "@mtui/core/text";
import { jobs, templates, workspaces } from "./known.ts";
import { toMtuiError } from "@mtui/core/protocol";
import { passive, type Reading } from "./link.ts";
import { QUEUE, TEMPLATES, uriOf } from "./uris.ts";

/** Of all that could be listed. */
const MOST = 200;
const TEXT = "text/plain";

const queue: Resource = {
  uri: QUEUE,
  name: "queue",
  title: "Hosts and who waits for them",
  mimeType: TEXT,
};

/**
 * The queue, loaded reports, outputs of jobs, logs of hosts; the newest, and not more than one can read. Clients ask for
 * it unasked when they begin: no daemon is started for that, and without one there is the queue alone.
 */
export async function listResources(reading: Reading): Promise<Resource[]> {
  const quiet = passive(reading);
  // A connection that turned out to be lost says nothing of whether there is a daemon: asked again, it is dialled.
  return await all(quiet)
    .catch(unlessGone(() => all(quiet)))
    .catch(unlessGone(async () => [queue]));
}

function unlessGone(then: () => Promise<Resource[]>): (thrown: unknown) => Promise<Resource[]> {
  return (thrown) => {
    if (toMtuiError(thrown).kind === "daemon.unreachable") return then();
    throw thrown;
  };
}

async function all(reading: Reading): Promise<Resource[]> {
  const [reports, desks, latest] = await Promise.all([
    templates(reading),
    workspaces(reading),
    jobs(reading),
  ]);
  const rrids = [...new Set(reports.map(({ rrid }) => rrid))];
  return [
    queue,
    ...rrids.map((rrid) => ({
      uri: uriOf({ kind: "report", rrid, path: null }),
      name: oneLine(rrid),
      title: "Test report",
      mimeType: TEXT,
    })),
    ...latest.map((job) => ({
      uri: uriOf({ kind: "output", job: job.id }),
      name: oneLine(job.id),
      title: oneLine(`Output of ${job.command}`).slice(0, 200),
      mimeType: TEXT,
    })),
    ...desks.flatMap(({ workspace, hosts }) =>
      hosts.map((host) => ({
        uri: uriOf({ kind: "log", workspace, host }),
        name: oneLine(host),
        title: oneLine(`What workspace ${workspace} ran on ${host}`),
        mimeType: TEXT,
      })),
    ),
  ].slice(0, MOST);
}

export const RESOURCE_TEMPLATES: readonly ResourceTemplateType[] = [
  { uriTemplate: TEMPLATES.report, name: "report", title: "Test report of a loaded update", mimeType: TEXT },
  {
    uriTemplate: TEMPLATES.file,
    name: "report_file",
    title: "File beside a test report: install_logs/..., build_checks/..., source.diff",
    mimeType: TEXT,
  },
  { uriTemplate: TEMPLATES.output, name: "job_output", title: "What a job's commands print", mimeType: TEXT },
  {
    uriTemplate: TEMPLATES.log,
    name: "host_log",
    title: "What a workspace ran on a host",
    mimeType: TEXT,
  },
];
