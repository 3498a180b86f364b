/**
 * A line of a session description (RFC 8866 section 5) as its grammar wants it, for sources that write it differently: with tabs or spaces
 * too many, with capital letters in names, with ports that are none. Takes time in proportion to the length.
 */
export function descriptionLine(line: string): string {
  const text = line.replace(/[\s\0\uFEFF]+/g, ' ').trim();
  const [, type = '', value = ''] = /^([a-z]) ?= ?(.*)$/i.exec(text) ?? [];
  if (type === '') return text;
  if (type === 'm' || type === 'M') return mediaLine(value);
  return type === 'a' || type === 'A' ? attributeLine(value) : `${type.toLowerCase()}=${value}`;
}

/** The port does not matter to us: packets come to the ports of SETUP. */
function mediaLine(value: string): string {
  const [media = '', ...fields] = value.split(' ');
  const protocol = fields.findIndex((field) => /^[a-z]/i.test(field));
  const formats = fields.slice(protocol + 1).join(' ');
  return `m=${media.toLowerCase()} 0 ${fields[protocol] ?? 'RTP/AVP'} ${formats}`;
}

function attributeLine(value: string): string {
  const [, name, content = ''] = /^([\w-]+) ?: ?(.*)$/.exec(value) ?? [];
  if (name === undefined) return `a=${value}`;
  const key = name.toLowerCase();
  return `a=${key}:${key === 'rtpmap' ? content.replace(/ ?\/ ?/g, '/') : content}`;
}
