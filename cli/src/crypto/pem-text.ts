// Puts PEM text right that went through a CI variable: escaped or lost line ends, quotes, indentation, base64 around it.

/** What a label may say; anything else between BEGIN and END is not ours to judge. */
const BLOCK =
  /[-–—]{2,}\s*BEGIN\s+(?<label>[A-Z0-9][A-Z0-9 ]*?)\s*[-–—]{2,}(?<body>.*?)[-–—]{2,}\s*END\s+\k<label>\s*[-–—]{2,}/s;
const BEGIN = /[-–—]{2,}\s*BEGIN\s+([A-Z0-9][A-Z0-9 ]*?)\s*[-–—]{2,}/;
/** RFC 1421 headers of keys that OpenSSL's traditional format encrypts; the body may follow at once. */
const ENCRYPTION_HEADERS =
  /Proc-Type:\s*4,\s*ENCRYPTED\s*DEK-Info:\s*(?<cipher>AES-[A-Z0-9-]+,[0-9A-F]{32}|DES-[A-Z0-9-]+,[0-9A-F]{16})/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const LINE_LENGTH = 64;
/** Two steps of a pipeline, each of which encodes twice, is the worst that was seen. */
const MAX_LAYERS = 4;

/** A clean PEM of the first private key in the text, else of its first block; the text itself where there is none. */
export function normalizePem(text: string): string {
  let current = undoEscapes(text);
  for (let layer = 0; layer <= MAX_LAYERS; layer += 1) {
    const block = findBlock(current);
    if (block) return block;
    const decoded = decodeBase64(current);
    if (decoded === undefined) return text;
    const der = labelOf(decoded);
    if (der) return write(der, decoded.toString('base64'));
    current = undoEscapes(decoded.toString('utf8'));
  }
  return text;
}

/** What arrived where a key was expected, for people: never the text itself. */
export function describeArrival(text: string): string {
  const clean = undoEscapes(text).trim();
  if (clean === '') return 'it is empty';
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim()).length;
  const size = `${text.length} ${text.length === 1 ? 'character' : 'characters'} in ${lines} ${lines === 1 ? 'line' : 'lines'}`;
  return `what arrived has ${size}; it ${kindOf(clean)}`;
}

function kindOf(clean: string): string {
  const label = BEGIN.exec(clean)?.[1];
  if (label) {
    const complete = findBlock(clean) !== undefined;
    return `begins with BEGIN ${label}${complete ? '' : ' and has no END line: it was cut off'}`;
  }
  if (/^\$(?:\{|\(|[A-Z_])|^%[A-Z_]+%$/.test(clean)) return 'begins like a variable that nobody replaced';
  if (/^(?:ssh-|ecdsa-)/.test(clean)) return 'begins like a public key of SSH';
  if (/^[{[]/.test(clean)) return 'begins like JSON';
  if (/^(?:~|\.{1,2})?[\\/]|^[A-Za-z]:\\|\.(?:pem|key)$/.test(clean) && !clean.includes('\n')) {
    return 'looks like the path of a file, which --key takes';
  }
  if (clean.split(/\s*\n\s*/).every((line) => BASE64.test(line)))
    return 'looks like base64 of something else, or like a part of a key';
  return 'begins with other text';
}

/** Undoes quotes, byte order marks and escapes; none of these characters occurs in a PEM. */
function undoEscapes(text: string): string {
  return (
    decodePercent(text)
      // A quote within quotes brings its backslash.
      .replace(/\\*["'`]|[\ufeff\u200b]/g, '')
      .replace(/\\+t/g, ' ')
      .replace(/\\+r/g, '\r')
      .replace(/\\+n/g, '\n')
      .replace(/\\+(?=[\r\n]|$)/g, '')
  );
}

function decodePercent(text: string): string {
  let current = text;
  for (let layer = 0; layer < MAX_LAYERS && /%[0-9A-Fa-f]{2}/.test(current); layer += 1) {
    try {
      current = decodeURIComponent(current);
    } catch {
      return current; // A % that escapes nothing: the text was never encoded that way.
    }
  }
  return current;
}

function findBlock(text: string): string | undefined {
  let first: string | undefined;
  for (let rest = text; ; ) {
    const found = BLOCK.exec(rest);
    if (!found?.groups) return first;
    const { label = '', body = '' } = found.groups;
    const block = write(label.replace(/\s+/g, ' '), body);
    if (label.includes('PRIVATE')) return block;
    first ??= block;
    rest = rest.slice(found.index + found[0].length);
  }
}

function write(label: string, body: string): string {
  const headers = ENCRYPTION_HEADERS.exec(body);
  const cipher = headers?.groups?.cipher;
  const base64 = (headers ? body.replace(headers[0], '') : body).replace(/\s/g, '');
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  const head = cipher ? [`Proc-Type: 4,ENCRYPTED`, `DEK-Info: ${cipher}`, ''] : [];
  return `${[`-----BEGIN ${label}-----`, ...head, ...lines, `-----END ${label}-----`].join('\n')}\n`;
}

function decodeBase64(text: string): Buffer | undefined {
  const packed = text.replace(/\s/g, '');
  // Shorter than any key: not worth a guess.
  return packed.length >= 100 && BASE64.test(packed) ? Buffer.from(packed, 'base64') : undefined;
}

/** Of a DER private key: a sequence that begins with version 0, then a number (PKCS#1) or an algorithm (PKCS#8). */
function labelOf(bytes: Buffer): string | undefined {
  if (bytes[0] !== 0x30 || bytes[1] !== 0x82 || bytes.subarray(4, 7).toString('hex') !== '020100') return undefined;
  if (bytes[7] === 0x02) return 'RSA PRIVATE KEY';
  return bytes[7] === 0x30 ? 'PRIVATE KEY' : undefined;
}
