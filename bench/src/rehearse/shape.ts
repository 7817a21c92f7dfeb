// What the fleet of the rehearsal is called. The load fills the digits of its devices' app in.

export const app_id = 'com.bench.app00000';
