// What devices report: bodies of several sizes, every event of them unlike any other.

const actions = ['app_moved_to_foreground', 'download_complete', 'set'];

/** `count` events as one body; `%` are the digits of a number that no other request has. */
export function eventsBody(count: number): string {
  // The device's clock in milliseconds: today's beginning digits, then the request's number, then the event's.
  const clock = String(Date.now()).slice(0, 5);
  const digits = String(count - 1).length;
  const events = Array.from({ length: count }, (_, i) => {
    const number = count === 1 ? '' : String(i).padStart(digits, '0');
    return `{"app_id":"com.bench.app@@@@@","device_id":"00000000-0000-4000-8000-############","platform":"ios","plugin_version":"8.45.3","version_build":"1.0.0","version_code":"100","version_os":"19.1","version_name":"1.0.1","old_version_name":"","action":"${actions[i % 3]}","is_prod":true,"is_emulator":false,"custom_id":"","defaultChannel":"","timestamp":${clock}${'%'.repeat(8 - number.length)}${number}}`;
  });
  return count === 1 ? events[0]! : `[${events.join(',')}]`;
}
