/**
 * A line of a session description (RFC 8866 section 5) as its grammar wants it, for those who write it differently: with tabs or spaces too
 * many, with capital letters in names, with ports that are none. Takes time in proportion to the length.
 */
export function descriptionLine(line: string): string {
  const text = line.replace(/[\s\0\uFEFF]+/g, ' ').trim();
  const [, type = '', value = ''] = /^([a-z]) ?= ?(.*)$/i.exec(text) ?? [];
  if (type === '') return text;
  if (type === 'm' || type === 'M') return mediaLine(value);
  return type === 'a' || type === 'A' ? attributeLine(value) : `${type.toLowerCase()}=${value}`;
}

/** Without the number of ports; a port that is none becomes 0. */
function mediaLine(value: string): string {
  const [media = '', ...fields] = value.split(' ');
  const protocol = fields.findIndex((field) => /^[a-z]/i.test(field));
  const [, port = '0'] = /^(\d{1,5})(?:\/\d*)?$/.exec(fields[0] ?? '') ?? [];
  const formats = fields.slice(protocol + 1).join(' ');
  return `m=${media.toLowerCase()} ${port} ${fields[protocol] ?? 'RTP/AVP'} ${formats}`;
}

function attributeLine(value: string): string {
  const [, name, content = ''] = /^([\w-]+) ?: ?(.*)$/.exec(value) ?? [];
  if (name === undefined) return `a=${value}`;
  const key = name.toLowerCase();
  return `a=${key}:${key === 'rtpmap' ? content.replace(/ ?\/ ?/g, '/') : content}`;
}
