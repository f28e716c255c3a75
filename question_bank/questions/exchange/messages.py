"""The words for every code an importer can give: Chinese source texts with named places."""

from collections.abc import Mapping


def gettext_noop(text: str) -> str:
    """Marks a text for extraction; screens translate it with the framework's gettext."""
    return text


_ = gettext_noop

TEMPLATES: dict[str, str] = {
    # the file
    "wrong_type": _("无法识别的文件类型，请另存为 .xlsx、.xls 或 .csv 后再导入。"),
    "corrupt": _("文件已损坏，无法读取。请用 Excel 或 WPS 打开并另存后再试。"),
    "encrypted": _("文件设有打开密码，请取消密码后再导入。"),
    "too_large": _("文件过大，上限为 {limit} MB。"),
    "archive_too_large": _("文件解压后过大，无法安全读取。"),
    "too_many_rows": _("行数过多，上限为 {limit} 行，请拆分文件。"),
    "too_many_columns": _("第 {row} 行的列数超过 {limit} 列。"),
    "too_many_sheets": _("工作表过多，上限为 {limit} 个。"),
    "empty": _("文件中没有试题。"),
    "no_header": _("没有找到表头。请保留“题型、题干、选项、答案”等列名，或使用模板。"),
    # notes on the file
    "hidden_sheet": _("隐藏的工作表“{sheet}”没有读取。"),
    "examples_sheet": _("工作表“{sheet}”是模板的示例，没有读取。"),
    "sheet_without_header": _("工作表“{sheet}”没有试题表头，没有读取。"),
    "pictures_not_read": _("文件中的图片不会导入，请在导入后补充。"),
    "undecodable_characters": _("文件中有无法识别的字符，相关行已标出。"),
    "quotes_broken": _("文件中的引号不成对，已按普通字符读取，请核对。"),
    "columns_guessed": _("工作表“{sheet}”没有表头，各列的含义由内容推断，请核对。"),
    "rows_above_header": _("工作表“{sheet}”表头以上的 {count} 行没有作为试题读取。"),
    "kind_ids_inferred": _("题型列是数字，其含义由试题内容推断：{meaning}。"),
    # why a row is rejected
    "template_row": _("这是模板中的示例行，请删除。"),
    "note_row": _("这一行是说明文字，不是试题。"),
    "stem_missing": _("没有题干。"),
    "answer_missing": _("没有答案。"),
    "kind_missing": _("没有题型，也无法由内容推断。"),
    "kind_unsupported": _("暂不支持从表格导入这种题型（{kind}）。"),
    "too_few_options": _("选择题至少要有两个选项。"),
    "too_many_options": _("选项过多（{count} 个）。"),
    "options_broken": _("选项的字母不连续，可能缺少选项。"),
    "answer_beyond_options": _("答案“{answer}”超出了选项范围。"),
    "answer_unreadable": _("无法识别答案“{answer}”。"),
    "answer_ambiguous": _("答案“{answer}”有两种读法，请改用选项字母。"),
    "answer_text_mismatch": _("答案“{answer}”中的字母与文字不一致。"),
    "answer_numbers_from_zero": _("本表的数字答案中出现了 0，无法确定从 0 还是从 1 数起，请改用选项字母。"),
    "single_with_several": _("题型为单选题，答案却有多个（{answer}）。"),
    "order_incomplete": _("排序题的答案“{answer}”没有包含全部选项。"),
    "duplicate_options": _("选项文字重复：“{text}”。"),
    "true_false_options": _("判断题的选项不是“对/错”。"),
    "blanks_differ": _("题干有 {blanks} 个空，与答案“{answers}”的个数不一致。"),
    "right_mark_unreadable": _("无法识别“是否正确项”中的“{text}”。"),
    "formula_without_value": _("单元格是公式且没有保存计算结果，请改为文字。"),
    "cell_error": _("单元格中有错误值（如 #REF!）。"),
    "cell_too_long": _("单元格文字过长。"),
    "undecodable": _("这一行有无法识别的字符。"),
    "already_in_bank": _("题库中已有相同的试题。"),
    "key_conflict_bank": _("题库中已有相同的试题，但答案不同；原题没有改动。"),
    "duplicate_of_row": _("与第 {row} 行的试题相同。"),
    "key_conflict": _("与第 {row} 行的试题相同，但答案不同。"),
    # what to look at in an accepted row
    "above_header": _("这一行在表头之上，请核对。"),
    "header_guessed": _("没有表头，各列的含义由内容推断。"),
    "kind_inferred": _("题型由内容推断为{kind}。"),
    "kind_unknown": _("不认识的题型“{text}”，已由内容推断。"),
    "options_from_stem": _("选项取自题干。"),
    "options_split_doubtful": _("选项以空格或逗号分隔，共分出 {count} 个，请核对。"),
    "options_ignored": _("这种题型没有选项，选项已忽略。"),
    "empty_option": _("选项 {letter} 为空，已去掉，答案随之调整。"),
    "many_options": _("选项较多（{count} 个），请核对。"),
    "answer_from_stem": _("答案取自题干，并已从题干中去掉。"),
    "answer_shown_in_stem": _("题干中带有答案，已去掉。"),
    "letters_in_stem_differ": _("题干括号中的“{letters}”与答案不同，请核对。"),
    "answer_from_text": _("答案列为空，取自答案文本。"),
    "answer_text_differs": _("答案文本“{text}”与答案不一致，请核对。"),
    "answer_as_number": _("答案“{answer}”按选项序号（从 1 起）读取。"),
    "answer_repeats": _("答案“{answer}”中有重复，已合并。"),
    "multiple_with_one": _("多选题只有一个正确选项。"),
    "true_false_letters_assumed": _("答案“{answer}”按 A 为正确、B 为错误读取。"),
    "blanks_from_options": _("填空题的答案取自选项列。"),
    "blank_not_marked": _("题干中没有空位标记（如“____”）。"),
    "reference_missing": _("没有参考答案。"),
    "material_assumed": _("按位置归入上方的材料题，请核对。"),
    "picture_dropped": _("单元格中的图片没有导入。"),
    "date_cell": _("单元格是日期格式，请核对文字。"),
    "difficulty_unknown": _("不认识的难度“{text}”，已设为中等。"),
    "knowledge_ids_ignored": _("知识点只有编号“{text}”，没有导入。"),
    "mark_unreadable": _("无法识别分值“{text}”。"),
    "key_conflict_below": _("第 {row} 行是相同的试题，但答案不同，请核对。"),
    "similar_question": _("与第 {row} 行题干相同、选项相近，请核对。"),
}


def template(code: str) -> str:
    """The source text of a code, to be translated and filled in by a screen."""
    return TEMPLATES[code]


def text(code: str, params: Mapping[str, str | int]) -> str:
    """The Chinese sentence of a code. Raises KeyError for an unknown code or a missing parameter."""
    return TEMPLATES[code].format_map(params)
