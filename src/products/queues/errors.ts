/** What queues and topics refuse, in the vendor's words (help page 27501). Codes and messages are wire contract. */
import { ApiError } from '../../wire/api-error.ts'

export const accessDenied = () =>
  new ApiError(
    'AccessDenied',
    403,
    'The OwnerId that your Access Key Id associated to is forbidden for this operation.',
  )

/** The public endpoint is closed to this address; the vendor tells no code for it. */
export const addressDenied = () =>
  new ApiError('AccessDenied', 403, 'The public endpoint does not admit requests from this address.')

export const invalidAccessKeyId = () =>
  new ApiError('InvalidAccessKeyId', 403, 'The AccessKey Id you provided is not exist.')

export const invalidSecurityToken = () =>
  new ApiError('InvalidSecurityToken', 403, 'The security token you provided is invalid.')

export const securityTokenExpired = () =>
  new ApiError('SecurityTokenExpired', 403, 'The security token you provided has expired.')

export const signatureDoesNotMatch = () =>
  new ApiError(
    'SignatureDoesNotMatch',
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  )

export const missingAuthorizationHeader = () =>
  new ApiError('MissingAuthorizationHeader', 400, 'Authorization header is required.')

export const invalidAuthorizationHeader = () =>
  new ApiError('InvalidAuthorizationHeader', 400, 'The Authorization header format is invalid.')

export const missingDateHeader = () => new ApiError('MissingDateHeader', 400, 'Date header is required.')

export const invalidDateHeader = () =>
  new ApiError('InvalidDateHeader', 400, 'The Date header format is invalid.')

export const missingVersionHeader = () =>
  new ApiError('MissingVersionHeader', 400, 'x-mns-version header is required.')

export const invalidVersionHeader = () =>
  new ApiError('InvalidVersionHeader', 400, 'The x-mns-version you provided is invalid.')

export const timeExpired = () => new ApiError('TimeExpired', 408, 'The http request you sent is expired.')

export const invalidRequestUrl = () =>
  new ApiError('InvalidRequestURL', 400, 'Http request URL format invalid.')

export const malformedXml = () =>
  new ApiError('MalformedXML', 400, 'The XML you provided was not well-formed.')

export const invalidElement = (element: string) =>
  new ApiError(
    'InvalidArgument',
    400,
    `The XML you provided did not validate against our published schema, cause by ${element} Element.`,
  )

export const outOfRange = (
  name: string,
  { min, max, unit }: { min: number; max: number; unit: 'seconds' | 'bytes' | '' },
) =>
  new ApiError(
    'InvalidArgument',
    400,
    `The value of ${name} should between ${min} and ${max}${unit === '' ? '' : ` ${unit}`}.`,
  )

export const invalidArgument = (message: string) => new ApiError('InvalidArgument', 400, message)

export const requestTooLarge = (bytesMax: number) =>
  new ApiError('InvalidArgument', 400, `The request is larger than ${bytesMax} bytes.`)

export const missingReceiptHandle = () =>
  new ApiError('MissingReceiptHandle', 400, 'ReceiptHandle is required.')

export const missingVisibilityTimeout = () =>
  new ApiError('MissingVisibilityTimeout', 400, 'VisibilityTimeout is required.')

export const receiptHandleError = () =>
  new ApiError('ReceiptHandleError', 400, 'The receipt handle you provide is not valid.')

export const messageNotExist = () => new ApiError('MessageNotExist', 404, 'Message not exist.')

export const queueNotExist = () =>
  new ApiError('QueueNotExist', 404, 'The queue name you provided is not exist.')

export const queueAlreadyExist = () =>
  new ApiError('QueueAlreadyExist', 409, 'The queue you want to create is already exist.')

export const invalidQueueName = () =>
  new ApiError(
    'InvalidQueueName',
    400,
    'The queue name you provided is invalid. QueueName should start with alpha and contain only alpha, digit or - .',
  )

export const queueNameLengthError = () =>
  new ApiError('QueueNameLengthError', 400, 'Queue name length should between 1 and 256.')

/** Also what callers hear beyond the number of them that may wait. */
export const qpsLimitExceeded = () =>
  new ApiError('QpsLimitExceeded', 400, 'The qps limit of the queue is exceeded.')

/** In a second more is received from a queue than its policy allows (help page "flow limiting policy"). */
export const tooManyRequests = () =>
  new ApiError('TooManyRequests', 429, 'The request is denied by cluster flow limiter for too many requests.')

export const topicNotExist = () =>
  new ApiError('TopicNotExist', 404, 'The topic name you provided is not exist.')

export const topicAlreadyExist = () =>
  new ApiError('TopicAlreadyExist', 409, 'The topic you want to create already exists.')

export const topicNameInvalid = () =>
  new ApiError(
    'TopicNameInvalid',
    400,
    'The topic name you provided is invalid. TopicName should start with alpha and contain only alpha, digit or - .',
  )

export const topicNameLengthError = () =>
  new ApiError('TopicNameLengthError', 400, 'Topic name length should between 1 and 256.')

export const subscriptionNotExist = () =>
  new ApiError('SubscriptionNotExist', 404, 'The subscription you provided is not exist.')

export const subscriptionAlreadyExist = () =>
  new ApiError('SubscriptionAlreadyExist', 409, 'The subscription you want to create already exists.')

/** The code is spelled as the vendor spells it: clients branch on it. */
export const subscriptionNameInvalid = () =>
  new ApiError(
    'SubsriptionNameInvalid',
    400,
    'The subscription name you provided is invalid. SubscriptionName should start with alpha and contain only alpha, digit or - .',
  )

export const subscriptionNameLengthError = () =>
  new ApiError('SubscriptionNameLengthError', 400, 'Subscription name length should between 1 and 256.')

/** Neither code is told in the vendor's pages. */
export const eventRuleNotExist = () =>
  new ApiError('EventRuleNotExist', 404, 'The event rule you provided is not exist.')

export const eventRuleAlreadyExist = () =>
  new ApiError('EventRuleAlreadyExist', 409, 'The event rule you want to create already exists.')

export const endpointInvalid = () =>
  new ApiError('EndpointInvalid', 400, 'The endpoint you provided is invalid.')

export const endpointNotPublic = () =>
  new ApiError(
    'EndpointInvalid',
    400,
    'The endpoint you provided is invalid: its address is not public (HANSHU_PRIVATE_TARGETS).',
  )

/** Whatever is not offered is refused, never silently left undone. */
export const notImplemented = (what: string) =>
  new ApiError('NotImplemented', 501, `Not implemented here: ${what}.`)

/** Functions that are to be told of it do not keep up. */
export const serviceBusy = (reason: string) =>
  new ApiError('ServiceBusy', 503, `Please slow down: ${reason}.`)
