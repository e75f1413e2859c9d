/** How an element, or a field, is called in a path such as `spec.containers[web].image` or `data[nginx.conf]`. */
export function labelsOf(key: string): string[] {
  const text = key.slice(2);
  switch (key.slice(0, 2)) {
    case 'f:':
      return [text];
    case 'v:':
      return [`${JSON.parse(text)}`];
    case 'k:':
      return Object.values(JSON.parse(text)).map(String);
    default:
      return [];
  }
}
