/** Names that parameters may get. */
export const parameterWords = (
  'source target input output first second left right entry record item element node parent child owner key label title subject content body payload ' +
  'amount total limit offset count size width height depth index position start stop begin finish lower upper minimum maximum threshold factor ratio ' +
  'options settings config preferences flags mode kind variant format style locale encoding charset timeout delay interval attempt retries signal ' +
  'reader writer stream buffer chunk segment slice range window filter predicate matcher selector query pattern expression template prefix suffix ' +
  'callback handler listener visitor reporter logger session request reply message packet frame token header route address host port channel topic ' +
  'user member account group role scope region zone branch version revision digest checksum seed fallback initial previous following current pending'
).split(' ');

/** Words that may stand in for a word of documentation. */
export const proseWords = (
  'reads writes opens closes finds counts parses builds returns removes inserts updates checks compares copies moves merges splits sorts ' +
  'file folder record entry table column value number text line word page image message request answer header option setting rule token cursor ' +
  'empty given current previous first last whole single nested hidden local remote stale fresh valid broken sorted unique optional default ' +
  'before after without inside between under over against through during quickly slowly once twice always never again ' +
  'customer invoice parcel garden engine bridge ticket harbour market signal river window ladder mirror basket planet'
).split(' ');
