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
} from "@mtui/core/text";
