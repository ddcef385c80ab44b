import type { ReplyContext } from "../context.ts";
import { type Json, jsonBytes, objectsIn, textOf } from "../json.ts";
import { headOf } from "./shorten.ts";

/**
 * Results that are a page of something longer are cut exactly, with the place where the next page begins
 * moved to the cut, so that nothing is lost between two pages. This happens before the text is cleaned:
 * places count the bytes and lines of the file.
 */
export function pageOf(result: Json, context: ReplyContext): Json {
  switch (context.operation) {
    case "testreport_read":
    case "show_diff":
      return windowOf(result, context.budget);
    case "get":
      return {
        ...result,
        files: objectsIn(result.files).map((file) => fileOf(file, share(result, context.budget))),
      };
    case "list_events":
    case "job_follow":
      return eventsOf(result, context);
    default:
      return result;
  }
}

/** Around the content: paths, hashes, hosts, the words of the reply. */
const AROUND = 1500;
/** A line costs its number and mark in the text, and an escaped line end in both. */
const PER_LINE = 14;

/** Content stands in the reply twice: in the text and in the structured content. */
function windowOf(result: Json, budget: number): Json {
  // Line ends that are none of the file's would put the numbers out of step.
  const content = textOf(result.content).replace(/\r(?!\n)|[\u0085\u2028\u2029]/g, " ");
  const offset = Number(result.offset);
  const lines = content === "" ? [] : content.replace(/\n$/, "").split("\n");
  let room = budget - AROUND;
  let kept = 0;
  for (const line of lines) {
    room -= 2 * jsonBytes(line) + PER_LINE;
    if (room < 0) break;
    kept++;
  }
  if (kept === lines.length) return { ...result, content };
  if (kept > 0) {
    return {
      ...result,
      content: `${lines.slice(0, kept).join("\n")}\n`,
      returned_lines: kept,
      next_offset: offset + kept,
    };
  }
  const [first = ""] = lines;
  const head = headOf(first, Math.floor((budget - AROUND) / 5));
  const cut = Number(result.cut ?? 0) + Buffer.byteLength(first) - Buffer.byteLength(head);
  const next = lines.length > 1 ? offset + 1 : (result.next_offset ?? null);
  return { ...result, content: `${head}\n`, returned_lines: 1, next_offset: next, cut };
}

function share({ files }: Json, budget: number): number {
  return Math.max(64, Math.floor((budget - AROUND) / Math.max(1, objectsIn(files).length) - 600));
}

function fileOf(file: Json, room: number): Json {
  const content = textOf(file.content);
  if (2 * jsonBytes(content) <= room) return file;
  // What has to be escaped costs more; a share for that, then by measure.
  let kept = content;
  for (
    let bytes = Math.floor(room / 2);
    2 * jsonBytes(kept) > room && bytes > 4;
    bytes = Math.floor(bytes * 0.8)
  ) {
    kept =
      file.encoding === "base64" ? content.slice(0, bytes - (bytes % 4)) : wholeLines(headOf(content, bytes));
  }
  const bytes = file.encoding === "base64" ? Buffer.from(kept, "base64").length : Buffer.byteLength(kept);
  return { ...file, content: kept, bytes, next_offset: Number(file.offset) + bytes, sha256: null };
}

/** Secrets seldom go over a line's end: a page that ends there shows none by halves. */
function wholeLines(text: string): string {
  const end = text.lastIndexOf("\n");
  return end === -1 ? text : text.slice(0, end + 1);
}

/** From a place on: the first of them, and the next call goes on behind. Else: the latest. */
function eventsOf(result: Json, { operation, params, budget }: ReplyContext): Json {
  const events = objectsIn(result.events);
  const forward = operation === "job_follow" || params.from !== undefined;
  const kept: Json[] = [];
  let room = Math.floor(budget * 0.8) - jsonBytes({ ...result, events: [] });
  for (const event of forward ? events : events.toReversed()) {
    // Once as JSON, once as a line.
    room -= 1.6 * Math.min(jsonBytes(event), budget / 8);
    if (room < 0 && kept.length > 0) break;
    kept.push(event);
  }
  if (kept.length === events.length) return result;
  if (!forward) return { ...result, events: kept.toReversed() };
  const rest = { events: kept, cursor: Number(kept.at(-1)?.seq) + 1 };
  return operation === "job_follow" ? { ...result, ...rest, finished: false } : { ...result, ...rest };
}
