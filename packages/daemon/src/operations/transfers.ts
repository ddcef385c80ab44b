import { isUtf8 } from "node:buffer";
import { fromReport, MtuiError } from "@mtui/core/protocol";
import { PUT_LIMIT, type ResultOf } from "@mtui/core/registry";
import { completeUtf8End } from "../hosts/index.ts";
import { type Fetched, getFile, putFile, remotePath, workflowHost } from "../workflow/index.ts";
import { contentHash } from "../workflow/write-report/files.ts";
import { fullName } from "../workspaces/names.ts";
import type { JobHandler, PlainHandler } from "./context.ts";
import { onHosts } from "./workflow.ts";

/**
 * Bytes of all different files of one reply. As text a file takes twice its bytes at most in JSON, else base64
 * is used; a reply may have 8 MiB.
 */
const REPLY_BYTES = 3 * 1024 * 1024;
/** Bytes of one call that are held until equal files are known: of many hosts less of each is read. */
const HELD_BYTES = 64 * 1024 * 1024;

type GotFile = ResultOf<"get">["files"][number];

export const get: PlainHandler<"get"> = async (params, { services, client, signal }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  const path = remotePath(params.filename);
  const { offset } = params;
  const hosts = workspace.select(params.hosts).map(({ session }) => workflowHost(session, null));
  const limit = Math.min(params.limit, Math.floor(HELD_BYTES / Math.max(1, hosts.length)));
  const fetched = await getFile(
    {
      report: null,
      rrid: null,
      workspace: workspace.name,
      signal,
      clock: services.clock,
      fanout: services.config.daemon.fanout,
    },
    { hosts, path, offset, limit },
  );
  const errors = fetched.flatMap(({ host, error }) => (error === null ? [] : [{ host, error }]));
  const [first] = errors;
  if (first !== undefined && errors.length === fetched.length) {
    const more = errors.length - 1;
    const others =
      more > 0 ? ` (${more} other ${more === 1 ? "host" : "hosts"} could not give it either)` : "";
    const error = fromReport({ ...first.error, message: `${first.error.message}${others}` });
    throw error;
  }
  return { filename: path.text, files: groupFiles(fetched, { offset }), errors };
};

/** Equal files once, with all their hosts; many different large ones lose their ends, all to the same length. */
export function groupFiles(
  fetched: readonly Fetched[],
  { offset, room = REPLY_BYTES }: { offset: number; room?: number },
): GotFile[] {
  const groups = new Map<string, { hosts: string[]; file: NonNullable<Fetched["file"]> }>();
  for (const { host, file } of fetched) {
    if (file === null) continue;
    const key = `${contentHash(file.bytes)} ${file.size} ${file.mode} ${file.more}`;
    const group = groups.get(key) ?? { hosts: [], file };
    group.hosts.push(host);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  const sum = all.reduce((bytes, { file }) => bytes + file.bytes.length, 0);
  const share = sum > room ? Math.floor(room / all.length) : Number.POSITIVE_INFINITY;
  return all
    .toSorted((a, b) => b.hosts.length - a.hosts.length)
    .map(({ hosts, file }): GotFile => {
      const more = file.more || file.bytes.length > share;
      const { bytes, encoding, content } = encoded(file.bytes.subarray(0, share), more);
      const whole = offset === 0 && !more;
      return {
        hosts,
        size: file.size,
        mode: file.mode,
        offset,
        bytes,
        encoding,
        content,
        next_offset: more ? offset + bytes : null,
        sha256: whole ? contentHash(file.bytes) : null,
      };
    });
}

/** @param more not at the end of the file: a character that goes on there is left for the next part */
function encoded(bytes: Buffer, more: boolean): Pick<GotFile, "bytes" | "encoding" | "content"> {
  const whole = more ? bytes.subarray(0, completeUtf8End(bytes)) : bytes;
  if ((whole.length > 0 || bytes.length === 0) && isUtf8(whole) && !whole.includes(0)) {
    const content = whole.toString("utf8");
    if (Buffer.byteLength(JSON.stringify(content)) <= 2 * whole.length + 2)
      return { bytes: whole.length, encoding: "utf-8", content };
  }
  return { bytes: bytes.length, encoding: "base64", content: bytes.toString("base64") };
}

export const put: JobHandler<"put"> = async (params, call) => {
  const path = remotePath(params.filename);
  const bytes = decoded(params);
  return await onHosts(call, {
    selection: params,
    work: async (context, hosts) => ({
      ...(await putFile(context, { hosts, path, bytes, mode: params.mode })),
      filename: path.text,
      bytes: bytes.length,
    }),
  });
};

function decoded({ content, encoding }: { content: string; encoding: "utf-8" | "base64" }): Buffer {
  const bytes = Buffer.from(content, encoding === "base64" ? "base64" : "utf8");
  const faithful =
    encoding === "utf-8"
      ? content.isWellFormed()
      : bytes.toString("base64") === content.replaceAll(/\s+/g, "").replace(/-/g, "+").replace(/_/g, "/");
  if (!faithful) {
    throw new MtuiError("params.invalid", `The content is not ${encoding}; nothing was written.`, {
      hint: "Send text with encoding utf-8, anything else with encoding base64 (with its padding).",
    });
  }
  if (bytes.length <= PUT_LIMIT) return bytes;
  throw new MtuiError("file.tooLarge", `The content has ${bytes.length} bytes; ${PUT_LIMIT} at most.`, {
    hint: "Let the hosts fetch larger files themselves, for example: run -- curl -o FILE URL",
    data: { size: bytes.length, limit: PUT_LIMIT },
  });
}
