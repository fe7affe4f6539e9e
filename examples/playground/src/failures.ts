/**
 * A readable message for every error code of chatwire, in two languages. A code without a message does not compile.
 */
import type { ErrorCode, ErrorInfo } from 'chatwire'
import type { Language } from './store.ts'

const ENGLISH: Record<ErrorCode, string> = {
  invalid_config: 'The settings are incomplete or invalid',
  unknown_server: 'There is no server with this name',
  duplicate_server: 'Two servers have the same name',
  missing_api_key: 'This server needs a key, and none is set',
  browser_key: 'A key must not be in a page: use a relay',
  invalid_messages: 'This conversation cannot be sent as it is',
  unsupported_option: 'This server does not support one of the options',
  authentication: 'The server rejected the key',
  permission: 'The key may not use this model',
  insufficient_quota: 'The account is out of credit',
  rate_limit: 'Too many requests: wait a moment and try again',
  overloaded: 'The server is overloaded: try again in a moment',
  content_filter: 'Blocked by the server’s content filter',
  context_length:
    'The conversation is too long for this model: start a new one, or edit an earlier message',
  model_not_found: 'The server does not have this model',
  bad_request: 'The server does not understand the request',
  server_error: 'The server had an internal error',
  unexpected_response: 'The response does not come from the expected service: check the address',
  connection_failed: 'The server cannot be reached',
  connection_lost: 'The connection was lost in the middle of the answer',
  stream_truncated: 'The answer broke off before its end',
  bad_frame: 'Part of the answer could not be parsed',
  frame_too_large: 'Part of the answer is too large',
  response_too_large: 'The answer is too large',
  unknown_tool: 'The model called a tool that does not exist',
  invalid_arguments: 'The model called a tool with invalid arguments',
  tool_failed: 'A tool failed',
  too_many_steps: 'The model kept calling tools without finishing',
  timeout: 'The server took too long',
  invalid_output: 'The answer does not match the requested format',
}

const CHINESE: Record<ErrorCode, string> = {
  invalid_config: '设置有误或不完整',
  unknown_server: '没有这个名称的服务',
  duplicate_server: '有两个服务重名',
  missing_api_key: '该服务需要密钥，但未设置',
  browser_key: '密钥不能放在页面里：请使用中继',
  invalid_messages: '对话内容无效，无法发送',
  unsupported_option: '该服务不支持其中某个选项',
  authentication: '密钥无效',
  permission: '该密钥无权使用此模型',
  insufficient_quota: '账户余额不足，请充值',
  rate_limit: '请求过于频繁，请稍后重试',
  overloaded: '服务繁忙，请稍后重试',
  content_filter: '内容被服务的安全策略拦截',
  context_length: '对话超出了模型的长度限制：请新建对话，或编辑较早的消息',
  model_not_found: '该服务没有这个模型',
  bad_request: '该服务无法识别此请求',
  server_error: '服务内部错误',
  unexpected_response: '响应不像来自目标服务，请检查地址',
  connection_failed: '无法连接到该服务',
  connection_lost: '回答过程中连接断开',
  stream_truncated: '回答在结束前中断',
  bad_frame: '部分回答无法解析',
  frame_too_large: '部分回答过大',
  response_too_large: '回答过大',
  unknown_tool: '模型调用了不存在的工具',
  invalid_arguments: '模型调用工具时参数有误',
  tool_failed: '工具运行失败',
  too_many_steps: '模型不断调用工具，未能结束',
  timeout: '服务响应超时',
  invalid_output: '回答不符合要求的格式',
}

/** Returns one sentence without a period. */
export function toWords({ code }: Pick<ErrorInfo, 'code'>, language: Language): string {
  return (language === 'zh' ? CHINESE : ENGLISH)[code]
}
