import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "@mtui/core/text";
import { toolCall } from "../hints/tool-call.ts";
import { block, type Part } from "./part.ts";
import type { Teller } from "./view.ts";
import { jobLine } from "./job.ts";

/** A page of what a job printed: as it is, only marked. */
export const outputPageText: Teller<ResultOf<"job_result">> = ({ job, output = [], cursor }, { params }) => {
  const parts: Part[] = [jobLine(job)];
  if (output.length === 0) parts.push("There is no output here.");
  for (const { host, step, stream, offset, bytes, missing, text } of output) {
    parts.push(`${oneLine(host)}, step ${step}, ${stream}, bytes ${offset} to ${offset + bytes}:`);
    if (missing > 0) parts.push(`(${missing} bytes before were not kept)`);
    if (text !== "") parts.push(block(text));
  }
  if (cursor !== null && cursor !== undefined) {
    parts.push(`next: ${toolCall("job_result", { ...params, cursor })}`);
  }
  return parts;
};
