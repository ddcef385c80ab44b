export { fairShare } from "./fair-share.ts";
export { groupOutputs, type OutputGroup } from "./group-outputs.ts";
export { isSecretName, redact, type Secrets } from "./redact.ts";
export { oneLine, sanitise, sanitiseDeep } from "./sanitise.ts";
export { untestedWords, wasThere } from "./untested.ts";
export {
  ago,
  bytes,
  count,
  duration,
  linesOf,
  moment,
  placeWords,
  since,
  slotWords,
  span,
  targetWords,
  until,
} from "./words.ts";
