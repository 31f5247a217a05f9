with attendance as (
    select
        attendance_id,
        student_id,
        attendance_date,
        period,
        status,
        created_at,
        _batch_date,
        _source_file,
        _source_row
    from staging.attendance
),

student_spell as (
    select
        student_id,
        from_date,
        to_date,
        student_key,
        class_id,
        class_key,
        class_basis,
        is_enrolled
    from silver.student_spell
),

attendance_code as (
    select code, side, is_excused, is_late from reference.attendance_code
),

day_policy as (
    select valid_from, valid_to, attendance_half_day_is from reference.day_policy where school_id is null
),

-- What each code is worth under each rule: decided once here, not once a mark.
code_part as (
    select
        attendance_code.code,
        rule.attendance_half_day_is,
        attendance_code.is_excused,
        attendance_code.is_late,
        case attendance_code.side
            when 'absent' then 100
            when 'half' then case rule.attendance_half_day_is when 'present' then 0 when 'half' then 50 else 100 end
            else 0
        end as absent_part,
        case when attendance_code.side in ('present', 'absent', 'half') then 100 else 0 end as counted_part
    from attendance_code
    cross join (select distinct attendance_half_day_is from day_policy) as rule
),

code_value as (
    select
        code,
        attendance_half_day_is,
        case when counted_part > 0 then absent_part < counted_part end as is_present,
        is_excused,
        is_late,
        cast(absent_part as smallint) as absent_units,
        cast(counted_part as smallint) as counted_units
    from code_part
),

-- Spells cut where the rules change: small, so that the facts need no join of their own with the rules.
ruled_spell as (
    select
        student_spell.student_id,
        greatest(student_spell.from_date, day_policy.valid_from) as from_date,
        least(student_spell.to_date, day_policy.valid_to) as to_date,
        student_spell.student_key,
        student_spell.class_id,
        student_spell.class_key,
        student_spell.class_basis,
        student_spell.is_enrolled,
        day_policy.attendance_half_day_is
    from student_spell
    inner join day_policy
        on day_policy.valid_from <= student_spell.to_date
        and day_policy.valid_to >= student_spell.from_date
),

final as (
    select
        attendance.attendance_id,
        attendance.student_id,
        ruled_spell.student_key,
        attendance.attendance_date as date,
        cast(
            extract(year from attendance.attendance_date) * 10000
            + extract(month from attendance.attendance_date) * 100
            + extract(day from attendance.attendance_date) as integer
        ) as date_key,
        ruled_spell.class_id,
        ruled_spell.class_key,
        ruled_spell.class_basis,
        attendance.period,
        attendance.status,
        code_value.is_present,
        code_value.is_excused,
        coalesce(code_value.is_late, false) as is_late,
        coalesce(code_value.absent_units, cast(0 as smallint)) as absent_units,
        coalesce(code_value.counted_units, cast(0 as smallint)) as counted_units,
        ruled_spell.is_enrolled as in_enrollment,
        attendance.created_at,
        attendance._batch_date,
        attendance._source_file,
        attendance._source_row
    from attendance
    inner join ruled_spell
        on ruled_spell.student_id = attendance.student_id
        and attendance.attendance_date >= ruled_spell.from_date
        and attendance.attendance_date <= ruled_spell.to_date
    left join code_value
        on code_value.code = attendance.status
        and code_value.attendance_half_day_is = ruled_spell.attendance_half_day_is
)

select * from final
