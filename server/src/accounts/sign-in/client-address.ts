// How the library is told who asks. It believes this header alone, which no request from outside can bring along.

export const CLIENT_ADDRESS_HEADER = 'x-overair-client-ip';
