import { completeUtf8End } from "../../ssh/capture.ts";
import { cursorOf, type PagePlace, placeOf } from "./cursor.ts";
import type { JobOutputs, StreamFacts } from "./outputs.ts";
import type { StreamId, StreamName } from "./place.ts";
import { endOf, readOn, type Segment } from "./segments.ts";
import { tailStart } from "./tail.ts";

/** What of a job's output is asked for. */
export interface OutputWish {
  hosts: readonly string[];
  stream?: StreamName | undefined;
  step?: number | undefined;
  /** Offset in each stream. */
  from: number;
  /** The last lines of each stream of each host, over all steps. */
  tail?: number | undefined;
  cursor?: string | undefined;
  /** Bytes of the page. */
  limit: number;
}

export interface OutputPage {
  output: (StreamId & { offset: number; bytes: number; missing: number; text: string })[];
  cursor: string | null;
  streams?: StreamFacts[];
}

/**
 * A page of what a job printed, as text: by host, step and stream. No character is cut by its end; what is
 * not UTF-8 is U+FFFD.
 * @throws MtuiError params.invalid for a cursor that is none
 */
export function outputPage(outputs: JobOutputs, job: string, wish: OutputWish): OutputPage {
  const streams = outputs
    .streams(job)
    .filter(({ host }) => wish.hosts.length === 0 || wish.hosts.includes(host))
    .filter(({ stream }) => wish.stream === undefined || stream === wish.stream)
    .filter(({ step }) => wish.step === undefined || step === wish.step)
    .sort(compare);
  const place = wish.cursor === undefined ? null : placeOf(job, wish.cursor);
  const ahead = place === null ? streams : streams.filter((each) => compare(each, place) >= 0);
  const page: OutputPage = { output: [], cursor: null, ...(place === null ? { streams } : {}) };
  const starts = new Map<string, PagePlace>();
  let left = wish.limit;
  for (const stream of ahead) {
    const segments = outputs.segments(job, stream);
    let from = wish.from;
    if (wish.tail !== undefined) from = tailFrom(stream, { outputs, job, streams, lines: wish.tail, starts });
    if (place !== null && compare(stream, place) === 0) from = place.offset;
    for (;;) {
      const piece = textAt(segments, { from, limit: left });
      if (piece === null) break;
      if (piece.bytes === 0) return { ...page, cursor: cursorOf(job, { ...idOf(stream), offset: from }) };
      page.output.push({ ...idOf(stream), ...piece, missing: piece.offset - from });
      from = piece.offset + piece.bytes;
      left -= piece.bytes;
    }
    // The stream's end is not kept: said where it would be, once.
    const end = endOf(segments);
    if (from < end)
      page.output.push({ ...idOf(stream), offset: end, bytes: 0, text: "", missing: end - from });
  }
  return page;
}

/** Text at an offset or behind it; null at the end, no bytes when there is no room for the next character. */
function textAt(
  segments: readonly Segment[],
  { from, limit }: { from: number; limit: number },
): { offset: number; bytes: number; text: string } | null {
  const kept = readOn(segments, { from, limit: Math.max(limit, 1) });
  if (kept === null || kept.bytes.length === 0) return null;
  if (limit <= 0) return { offset: kept.offset, bytes: 0, text: "" };
  const end = kept.offset + kept.bytes.length;
  const goesOn = segments.some(({ start, size }) => start <= end && end < start + size);
  const length = goesOn ? completeUtf8End(kept.bytes) : kept.bytes.length;
  return { offset: kept.offset, bytes: length, text: kept.bytes.subarray(0, length).toString("utf8") };
}

/** Where the last lines begin, which may be in an earlier step: what is before them is passed over. */
function tailFrom(
  at: StreamFacts,
  options: {
    outputs: JobOutputs;
    job: string;
    streams: readonly StreamFacts[];
    lines: number;
    starts: Map<string, PagePlace>;
  },
): number {
  const { outputs, job, streams, lines, starts } = options;
  const key = JSON.stringify([at.host, at.stream]);
  let start = starts.get(key);
  if (start === undefined) {
    const steps = streams.filter(({ host, stream }) => host === at.host && stream === at.stream);
    start = tailStart(steps, { lines, segments: (id) => outputs.segments(job, id) });
    starts.set(key, start);
  }
  if (at.step < start.step) return Number.MAX_SAFE_INTEGER;
  return at.step === start.step ? start.offset : 0;
}

function idOf({ host, step, stream }: StreamId): StreamId {
  return { host, step, stream };
}

/** The order of pages; hosts stand as their directories do. */
function compare(a: StreamId, b: StreamId): number {
  if (a.host !== b.host) return a.host < b.host ? -1 : 1;
  if (a.step !== b.step) return a.step - b.step;
  if (a.stream === b.stream) return 0;
  return a.stream === "stdout" ? -1 : 1;
}
