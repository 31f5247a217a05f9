with student_enrollment as (
    select
        student_id,
        start_date,
        end_date,
        class_id,
        class_basis
    from silver.student_enrollment
),

fact_attendance as (
    select student_id, date from silver.fact_attendance
),

dim_date as (
    select date, is_instructional from silver.dim_date
),

day_policy as (
    select
        valid_from,
        valid_to,
        attendance_recording,
        attendance_roll_evidence,
        calendar_infer
    from reference.day_policy
    where school_id is null
),

-- A month is the bits of its days, so that sets of days are compared as numbers.
instructional as (
    select
        dim_date.date,
        cast(date_trunc('month', dim_date.date) as date) as month_start,
        cast(power(2, extract(day from dim_date.date)) as bigint) as day_bit,
        day_policy.attendance_recording,
        day_policy.attendance_roll_evidence,
        day_policy.calendar_infer
    from dim_date
    inner join day_policy
        on dim_date.date >= day_policy.valid_from
        and dim_date.date <= day_policy.valid_to
    where dim_date.is_instructional
),

marked as (
    select
        fact_attendance.student_id,
        instructional.month_start,
        bit_or(instructional.day_bit) as day_bits
    from fact_attendance
    inner join instructional on instructional.date = fact_attendance.date
    group by fact_attendance.student_id, instructional.month_start
),

-- Most students come and go on the same few dates: those are asked once which days they hold.
stay as (
    select distinct start_date, end_date from student_enrollment
),

expected as (
    select
        stay.start_date,
        stay.end_date,
        instructional.month_start,
        bit_or(instructional.day_bit) as day_bits
    from stay
    inner join instructional
        on instructional.date >= stay.start_date
        and instructional.date <= stay.end_date
    group by stay.start_date, stay.end_date, instructional.month_start
),

incomplete as (
    select
        student_enrollment.student_id,
        student_enrollment.start_date,
        student_enrollment.end_date,
        student_enrollment.class_id,
        student_enrollment.class_basis,
        expected.month_start,
        coalesce(marked.day_bits, 0) as marked_bits
    from student_enrollment
    inner join expected
        on expected.start_date = student_enrollment.start_date
        and expected.end_date = student_enrollment.end_date
    left join marked
        on marked.student_id = student_enrollment.student_id
        and marked.month_start = expected.month_start
    where (expected.day_bits & coalesce(marked.day_bits, 0)) <> expected.day_bits
),

unmarked as (
    select
        incomplete.student_id,
        instructional.date,
        incomplete.class_id,
        incomplete.class_basis,
        instructional.attendance_recording,
        instructional.attendance_roll_evidence,
        instructional.calendar_infer
    from incomplete
    inner join instructional
        on instructional.month_start = incomplete.month_start
        and instructional.date >= incomplete.start_date
        and instructional.date <= incomplete.end_date
    where (incomplete.marked_bits & instructional.day_bit) = 0
),

-- Asked only where a rule looks at the class.
class_mark as (
    select
        mark.class_id,
        mark.date,
        max(mark.counted_units) > 0 as is_counted
    from silver.fact_attendance as mark
    inner join instructional on instructional.date = mark.date
    where
        mark.in_enrollment
        and (
            instructional.calendar_infer = 'class'
            or (
                instructional.attendance_recording = 'exceptions'
                and instructional.attendance_roll_evidence = 'any_row_in_class'
            )
        )
    group by mark.class_id, mark.date
),

judged as (
    select
        unmarked.student_id,
        unmarked.date,
        unmarked.class_id,
        unmarked.class_basis,
        unmarked.calendar_infer = 'school' or coalesce(class_mark.is_counted, false) as is_instructional,
        unmarked.attendance_recording = 'exceptions'
        and (
            -- A day is instructional because somebody in the school has a row.
            unmarked.attendance_roll_evidence = 'any_row_in_school'
            or (unmarked.attendance_roll_evidence = 'any_row_in_class' and class_mark.class_id is not null)
        ) as is_shown_present
    from unmarked
    left join class_mark on class_mark.class_id = unmarked.class_id and class_mark.date = unmarked.date
),

final as (
    select
        student_id,
        date,
        class_id,
        class_basis,
        is_instructional,
        true as is_enrolled,
        case when is_shown_present then 'present' else 'not_taken' end as status,
        cast(0 as smallint) as absent_units,
        cast(case when is_shown_present then 100 else 0 end as smallint) as counted_units,
        cast(0 as bigint) as fact_count
    from judged
    where is_instructional
)

select * from final
