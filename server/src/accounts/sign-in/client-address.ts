// How the library is told who asks. It believes this header alone, which no request from outside can bring along.

export const clientAddressHeader = 'x-overair-client-ip';
