import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

/** The fields of a message as lines of `number name type`, a member of a oneof with its name in front. */
export function describedFields(message: DescMessage): string[] {
  return message.fields.map((field) =>
    [field.number, field.oneof && `${field.oneof.name}:`, field.name, typeName(field)].filter(Boolean).join(' '),
  );
}

function typeName(field: DescField): string {
  const type = field.message?.typeName ?? field.enum?.typeName ?? ScalarType[field.scalar ?? 0]?.toLowerCase();
  const short = type?.split('.').at(-1) ?? '';
  if (field.fieldKind === 'map') return `map<${ScalarType[field.mapKey].toLowerCase()}, ${short}>`;
  return field.fieldKind === 'list' ? `repeated ${short}` : short;
}
