/**
 * What went wrong, in words that help: every code of chatwire, in two languages. A code without words does not compile.
 */
import type { ErrorCode, ErrorInfo } from 'chatwire'
import type { Language } from './store.ts'

const ENGLISH: Record<ErrorCode, string> = {
  invalid_config: 'The settings do not fit: something is missing or wrong',
  unknown_server: 'There is no server of this name',
  duplicate_server: 'Two servers have the same name',
  missing_api_key: 'This server wants a key, and none was given',
  browser_key: 'A key must not be in a page: go through a relay',
  invalid_messages: 'This conversation cannot be sent as it is',
  unsupported_option: 'This server does not take one of the options',
  authentication: 'The server does not accept the key',
  permission: 'The key may not use this model',
  insufficient_quota: 'The account is empty: it has to be topped up',
  rate_limit: 'Too many requests: wait a little, and try again',
  overloaded: 'The server is overloaded: try again in a moment',
  content_filter: 'The server’s content filter refused this',
  context_length:
    'The conversation is too long for this model: begin a new one, or edit an earlier message',
  model_not_found: 'The server does not have this model',
  bad_request: 'The server does not understand the request',
  server_error: 'The server failed',
  unexpected_response: 'Something answered that is not the expected server: is the address right?',
  connection_failed: 'The server cannot be reached',
  connection_lost: 'The connection broke in the middle of the answer',
  stream_truncated: 'The answer broke off before its end',
  bad_frame: 'A piece of the answer cannot be read',
  frame_too_large: 'A piece of the answer is too large',
  unknown_tool: 'The model called a tool that does not exist',
  invalid_arguments: 'The model called a tool with arguments that do not fit',
  tool_failed: 'A tool failed',
  too_many_steps: 'The model kept calling tools without coming to an end',
  timeout: 'The server took too long',
  invalid_output: 'The answer does not have the form that was asked for',
}

const CHINESE: Record<ErrorCode, string> = {
  invalid_config: '设置有误或不完整',
  unknown_server: '没有这个名称的服务商',
  duplicate_server: '有两个服务商重名',
  missing_api_key: '该服务商需要密钥，但没有提供',
  browser_key: '密钥不能放在页面里：请使用中继',
  invalid_messages: '这段对话无法按原样发送',
  unsupported_option: '该服务商不支持其中一个选项',
  authentication: '服务商不接受这个密钥',
  permission: '这个密钥无权使用该模型',
  insufficient_quota: '账户余额不足，请充值',
  rate_limit: '请求过于频繁，请稍后重试',
  overloaded: '服务器繁忙，请稍后重试',
  content_filter: '内容被服务商的安全策略拦截',
  context_length: '对话超出了模型的长度限制：请新建对话，或编辑较早的消息',
  model_not_found: '服务商没有这个模型',
  bad_request: '服务商无法理解该请求',
  server_error: '服务器出错',
  unexpected_response: '应答的不是预期的服务器：地址是否正确？',
  connection_failed: '无法连接到服务器',
  connection_lost: '回答途中连接断开',
  stream_truncated: '回答在结束前中断',
  bad_frame: '回答中有一段无法解析',
  frame_too_large: '回答中有一段过大',
  unknown_tool: '模型调用了不存在的工具',
  invalid_arguments: '模型调用工具时参数有误',
  tool_failed: '工具运行失败',
  too_many_steps: '模型不停调用工具，没有结束',
  timeout: '服务器响应超时',
  invalid_output: '回答不符合要求的格式',
}

/** One sentence, without a full stop. */
export function toWords({ code }: Pick<ErrorInfo, 'code'>, language: Language): string {
  return (language === 'zh' ? CHINESE : ENGLISH)[code]
}
