"""Counts a generated school a second time: Python's csv and json, the rules by hand, nothing of the product.

usage: count_school.py FOLDER  ->  JSON {path: {read, loaded, duplicate, superseded, blank, quarantined, reasons}}
"""
import csv, datetime, io, json, pathlib, re, sys

folder = pathlib.Path(sys.argv[1])
ATTENDANCE = {'present', 'late', 'early_departure', 'absent', 'excused', 'unexcused', 'half_day', 'suspended', 'not_taken', 'remote'}
ENROLLMENT = {'active', 'withdrawn', 'transferred', 'graduated'}
TODAY = datetime.date.fromisoformat(sys.argv[2])
counts = {}


def is_date(text):
    try:
        return re.fullmatch(r'\d{4}-\d\d-\d\d', text) is not None and 1900 <= datetime.date.fromisoformat(text).year
    except ValueError:
        return False


def is_moment(text):
    if re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d', text) is None or not is_date(text[:10]):
        return False
    return int(text[11:13]) < 24 and int(text[14:16]) < 60 and int(text[17:19]) < 60


def is_number(text):
    return re.fullmatch(r'-?\d{1,12}(\.\d{1,6})?', text) is not None


def students(row):
    if row['student_id'] == '': yield 'key_missing'
    if row['class_id'] == '' : yield 'required_missing'
    if len(row['class_id']) > 64: yield 'class_id_invalid'
    if row['enrollment_status'].lower() not in ENROLLMENT: yield 'status_unknown'
    for name in ('date_of_birth', 'enrollment_date'):
        if row.get(name, '') != '' and not is_date(row[name]): yield 'date_invalid'
    if row['updated_at'] != '' and not is_moment(row['updated_at']): yield 'timestamp_invalid'


def happened(text):
    if text == '': yield 'key_missing'
    elif not is_date(text): yield 'date_invalid'
    elif datetime.date.fromisoformat(text) > TODAY: yield 'date_in_future'


def attendance(row):
    for name in ('attendance_id', 'student_id'):
        if row[name] == '': yield 'key_missing'
    yield from happened(row['attendance_date'])
    if row['status'].lower() not in ATTENDANCE: yield 'status_unknown'
    if not is_moment(row['created_at']): yield 'timestamp_invalid'


def assessments(row):
    for name in ('assessment_id', 'student_id'):
        if row[name] == '': yield 'key_missing'
    yield from happened(row['assessment_date'])
    if not is_moment(row['created_at']): yield 'timestamp_invalid'
    score, most, result = row['score'], row['max_score'], row.get('result', '')
    excused = result in ('missing', 'exempt')
    if result not in ('', 'missing', 'exempt', 'scored'): yield 'status_unknown'
    if score == '' and not excused: yield 'score_missing'
    if score != '' and not is_number(score): yield 'number_invalid'
    if is_number(score) and float(score) < 0: yield 'score_negative'
    if most == '': yield 'max_score_missing'
    elif float(most) <= 0: yield 'max_score_zero'
    elif is_number(score) and float(score) > float(most): yield 'score_above_max'


def text_of(raw):
    """The text of a record, or the reasons for which its bytes are none."""
    if b'\0' in raw or b'\x1a' in raw:
        return None, ['control_character']
    try:
        return raw.decode('utf-8'), []
    except UnicodeDecodeError:
        return None, ['encoding_invalid']


def csv_records(path):
    """(row as dict or None, reasons): one physical line a record, as the generator writes them."""
    lines = path.read_bytes().split(b'\n')
    if lines and lines[-1] == b'': lines.pop()
    header = lines[0].decode().rstrip('\r').split(',')
    for raw in lines[1:]:
        text, reasons = text_of(raw.rstrip(b'\r'))
        if text is None:
            yield None, reasons
        elif text.count('"') % 2 == 1:
            yield None, ['quote_unclosed']
        else:
            cells = next(csv.reader(io.StringIO(text)), [])
            if len(cells) != len(header): yield None, ['columns']
            else: yield dict(zip(header, cells)), []


def json_records(path):
    """One element a line, as the generator writes them."""
    def pairs(found):
        if len({key for key, _ in found}) != len(found): raise KeyError('twice')
        return dict(found)
    for raw in path.read_bytes().split(b'\n'):
        raw = raw.strip(b'\r').rstrip(b',')
        if raw in (b'', b'[', b']'): continue
        text, reasons = text_of(raw)
        if text is None:
            yield None, reasons
            continue
        try:
            row = json.loads(text, object_pairs_hook=pairs, parse_constant=lambda _: 1 / 0, parse_float=str, parse_int=str)
        except KeyError:
            yield None, ['json_duplicate_key']
            continue
        except (ValueError, ZeroDivisionError):
            yield None, ['json_invalid']
            continue
        row = {key: '' if value is None else str(value) for key, value in row.items()}
        if any('\0' in value or '\x1a' in value for value in row.values()): yield None, ['control_character']
        else: yield row, []


def count(path, records, rules, key, newest, known):
    read = blank = quarantined = 0
    reasons, good = {}, []
    for ordinal, (row, wrong) in enumerate(records, 1):
        read += 1
        if row is not None:
            if all(value == '' for value in row.values()):
                blank += 1
                continue
            wrong = list(rules(row))
            if not wrong and known is not None and row['student_id'] not in known: wrong = ['orphan']
        if wrong:
            quarantined += 1
            for reason in wrong: reasons[reason] = reasons.get(reason, 0) + 1
        else:
            good.append((row[key], row[newest] if row[newest] != '' else '0', ordinal, row))
    winners = {}
    for ident, at, ordinal, row in good:
        if ident not in winners or (at, ordinal) > winners[ident][:2]: winners[ident] = (at, ordinal, row)
    duplicate = sum(1 for ident, _, ordinal, row in good if winners[ident][1] != ordinal and winners[ident][2] == row)
    counts[path.name] = {
        'read': read, 'loaded': len(winners), 'duplicate': duplicate,
        'superseded': len(good) - len(winners) - duplicate, 'blank': blank, 'quarantined': quarantined, 'reasons': reasons,
    }
    return set(winners)


known = count(folder / 'students.csv', csv_records(folder / 'students.csv'), students, 'student_id', 'updated_at', None)
for path in sorted(folder.glob('attendance*.csv')):
    count(path, csv_records(path), attendance, 'attendance_id', 'created_at', known)
count(folder / 'assessments.json', json_records(folder / 'assessments.json'), assessments, 'assessment_id', 'created_at', known)
json.dump(counts, sys.stdout, sort_keys=True)
